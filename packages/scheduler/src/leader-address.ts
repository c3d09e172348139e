import { parseZooKeeperAddress, type ZooKeeperAddress } from '@meseta/storage/zookeeper-address';
import { AddressError, parseOrigin } from './address.ts';

/** Where the leading master is looked for. */
export type LeaderAddress =
  | { readonly type: 'masters'; readonly origins: readonly string[] }
  | { readonly type: 'zookeeper'; readonly address: ZooKeeperAddress }
  | { readonly type: 'file'; readonly path: string };

/**
 * Parses the address of a cluster as users type it: `host:port` of a master, several of them separated by commas,
 * `zk://[user:password@]host1:port1,host2:port2/path`, or `file:///path` of a file with one of these.
 *
 * @param port of masters without one.
 * @throws {AddressError} for anything else; {ZooKeeperAddressError} of @meseta/storage/zookeeper-address. Neither contains
 *   a password of a ZooKeeper address.
 */
export function parseLeaderAddress(text: string, port: number): LeaderAddress {
  const address = text.trim();
  if (address.startsWith('zk://')) return { type: 'zookeeper', address: parseZooKeeperAddress(address) };
  if (address.startsWith('file://')) {
    const path = address.slice('file://'.length);
    if (path === '')
      throw new AddressError("'file://' names no file; expecting file:///path of a file with an address");
    return { type: 'file', path };
  }
  return { type: 'masters', origins: address.split(',').map(each => parseOrigin(each.trim(), port)) };
}
