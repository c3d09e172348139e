import { AddressError, parseOrigin } from '../address.ts';
import { leaderOf } from '../leader.ts';

/**
 * Where masters are: addresses (`host:port`) in a list or separated by commas; `zk://…` or `file://…`, as the command line
 * takes them; or a function that returns the origin of a master (`http://host:port`), which is called before each attempt.
 */
export type Masters = string | readonly string[] | ((signal: AbortSignal) => Promise<string>);

/** Finds the leading master, or a master that redirects to it. */
export interface MasterLocator {
  /**
   * Called before each attempt to subscribe. Returns the origin of a master, `http://host:port`.
   *
   * @throws any error when no master is known now.
   */
  locate(signal: AbortSignal): Promise<string>;
  close(): void;
}

/**
 * Makes a locator.
 *
 * @throws {AddressError} {ZooKeeperAddressError} for what is no address.
 */
export function locatorOf(masters: Masters): MasterLocator {
  if (typeof masters === 'function') return { locate: masters, close: () => {} };
  if (typeof masters !== 'string') return inTurn(masters);
  if (!/^(zk|file):\/\//.test(masters)) return inTurn(masters.split(','));
  const finder = leaderOf(masters);
  return { locate: signal => finder.find({ signal }), close: () => finder.close() };
}

/** Each attempt goes to the next address: masters that do not lead redirect to the one that does. */
function inTurn(addresses: readonly string[]): MasterLocator {
  const [first, ...others] = addresses.map(address => parseOrigin(address.trim(), 5050));
  if (first === undefined) throw new AddressError('There is no address of a master');
  const origins = [first, ...others];
  let attempt = 0;
  return {
    locate: async () => origins[attempt++ % origins.length] ?? first,
    close: () => {},
  };
}
