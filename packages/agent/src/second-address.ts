import { isIPv6 } from 'node:net';
import { AddressError, discoverAddress } from '@meseta/daemon';
import type { AgentFlags } from './flags.ts';

/**
 * Returns the IPv6 address at which tasks on the machine's network are reachable, too, by `--ip6` or
 * `--ip6_discovery_command`; undefined: none is known. The agent does not listen on it.
 *
 * @throws {AddressError} when the command fails, or prints something else.
 */
export async function secondAddress({
  ip6,
  ip6_discovery_command: command,
}: Pick<AgentFlags, 'ip6' | 'ip6_discovery_command'>): Promise<string | undefined> {
  if (command === undefined) return ip6;
  const found = await discoverAddress(command, '--ip6_discovery_command');
  if (isIPv6(found)) return found;
  throw new AddressError(`The command of --ip6_discovery_command printed no IPv6 address: '${found}'`);
}
