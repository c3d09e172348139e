export { needsZooKeeper, ZooKeeper, type ZooKeeperOptions, type ZooKeeperServer } from './zookeeper.ts';
