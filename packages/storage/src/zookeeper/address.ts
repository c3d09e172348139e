/** The place of a cluster in ZooKeeper: the ensemble, the node, and the credentials. */
export interface ZooKeeperAddress {
  readonly servers: readonly ZooKeeperServer[];
  /** The node, `/mesos`. Without a slash at its end. */
  readonly path: string;
  /** `user:password` for the scheme `digest`. A secret: it is shown nowhere. */
  readonly credentials?: string;
}

/** One server of an ensemble. */
export interface ZooKeeperServer {
  readonly host: string;
  readonly port: number;
}

/** A text is no address in ZooKeeper. The message does not contain credentials. */
export class ZooKeeperAddressError extends Error {
  override readonly name = 'ZooKeeperAddressError';
  readonly code = 'ZK_ADDRESS_INVALID';
}

const form = 'zk://[user:password@]host1:port1,host2:port2/path';

/** The port of a server whose address has none. */
const clientPort = 2181;

/**
 * Parses `zk://[user:password@]host1:port1,host2:port2/path`. Space around it is ignored; a server without a port has
 * 2181.
 *
 * @throws {ZooKeeperAddressError} naming the part that is wrong.
 * @see Mesos include/mesos/zookeeper/url.hpp, and src/master/detector/detector.cpp for the path
 */
export function parseZooKeeperAddress(text: string): ZooKeeperAddress {
  const url = text.trim();
  if (!url.startsWith('zk://')) {
    throw new ZooKeeperAddressError(`Expecting 'zk://' at the beginning of the URL: ${form}`);
  }
  const rest = url.slice('zk://'.length);
  // A password may contain slashes and '@', a path no '@': what follows the last '@' are servers and path.
  const at = rest.lastIndexOf('@');
  const place = rest.slice(at + 1);
  const slash = place.indexOf('/');
  const servers = parseServers(slash < 0 ? place : place.slice(0, slash));
  const path = parsePath(slash < 0 ? '/' : place.slice(slash));
  if (at < 0) return { servers, path };
  const credentials = rest.slice(0, at);
  if (!/^[^:]+:./s.test(credentials)) {
    throw new ZooKeeperAddressError(`Expecting user:password before the '@' of the ZooKeeper URL: ${form}`);
  }
  return { servers, path, credentials };
}

/** Returns the address as it may be shown: without credentials. */
export function formatZooKeeperAddress({ servers, path }: ZooKeeperAddress): string {
  return `zk://${servers.map(formatServer).join()}${path}`;
}

/** Returns `host:port`. */
export function formatServer({ host, port }: ZooKeeperServer): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function parseServers(text: string): ZooKeeperServer[] {
  if (text === '') throw new ZooKeeperAddressError(`Expecting a server after 'zk://': ${form}`);
  const servers = text.split(',').map(parseServer);
  const maximum = 100;
  if (servers.length > maximum) throw new ZooKeeperAddressError(`More than ${maximum} servers in a ZooKeeper URL`);
  return servers;
}

function parseServer(text: string): ZooKeeperServer {
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/@,]+))(?::(\d{1,5}))?$/.exec(text);
  const host = parts?.[1] ?? parts?.[2];
  const port = Number(parts?.[3] ?? clientPort);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new ZooKeeperAddressError(
      `'${text}' is not a server of a ZooKeeper URL; expecting host:port with a port from 1 to 65535: ${form}`,
    );
  }
  return { host, port };
}

function parsePath(text: string): string {
  const path = text.replace(/\/+$/, '');
  if (path === '') {
    throw new ZooKeeperAddressError(`Expecting a (chroot) path for ZooKeeper ('/' is not supported): ${form}`);
  }
  const names = path.slice(1).split('/');
  const wrong = names.find(name => name === '' || name === '.' || name === '..' || isRefused(name));
  if (wrong !== undefined || names[0] === 'zookeeper') {
    throw new ZooKeeperAddressError(
      `'${path}' is not a path for ZooKeeper; expecting names between single slashes, not '.' or '..', the first not 'zookeeper'`,
    );
  }
  return path;
}

/** Ranges of UTF-16 code units that ZooKeeper refuses in a path. @see ZooKeeper PathUtils.validatePath */
const refusedUnits: readonly (readonly [first: number, last: number])[] = [
  [0, 0x1f],
  [0x7f, 0x9f],
  [0xd800, 0xf8ff],
  [0xfff0, 0xffff],
];

function isRefused(name: string): boolean {
  for (let index = 0; index < name.length; index++) {
    const unit = name.charCodeAt(index);
    if (refusedUnits.some(([first, last]) => unit >= first && unit <= last)) return true;
  }
  return false;
}
