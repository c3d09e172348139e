export { needsZooKeeper, ZooKeeper, type ZooKeeperOptions } from './zookeeper.ts';
