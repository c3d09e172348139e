/** Determines the address on which a daemon listens, and the address that it announces. */
import { execFile } from 'node:child_process';
import { lookup, lookupService } from 'node:dns/promises';
import { isIP } from 'node:net';
import { hostname as systemHostname } from 'node:os';
import { promisify } from 'node:util';
import type { FlagValues, networkFlags } from '@meseta/flags';

/** Of the network flags, those that say where. */
export type AddressFlags = FlagValues<ReturnType<typeof networkFlags<string>>>;

/** A daemon's address, before it listens: the port may still be 0. */
export interface DaemonAddress {
  /** To listen on. */
  readonly bindIp: string;
  readonly bindPort: number;
  /** The IP address that the daemon announces. */
  readonly ip: string;
  /** The port that the daemon announces; undefined: the one on which it listens. */
  readonly port: number | undefined;
  /** The host name that the daemon announces, and uses in links. */
  readonly hostname: string;
}

/** An address that cannot be found out; the message says which flag helps. */
export class AddressError extends Error {
  override readonly name = 'AddressError';
  readonly code = 'ADDRESS_UNKNOWN';
}

/**
 * Runs the command of a flag that prints an IP address.
 *
 * @param flag its name, for errors.
 * @throws {AddressError} when it fails, or prints something else.
 */
export async function discoverAddress(command: string, flag: string): Promise<string> {
  const shell = await promisify(execFile)('/bin/sh', ['-c', command], { timeout: 30_000 }).catch((cause: unknown) => {
    throw new AddressError(`Failed to run the command of ${flag} '${command}'`, { cause });
  });
  const ip = shell.stdout.trim();
  if (isIP(ip) === 0) throw new AddressError(`The command of ${flag} printed no IP address: '${ip}'`);
  return ip;
}

async function ownIp(): Promise<string> {
  const name = systemHostname();
  try {
    return (await lookup(name, { family: 4 })).address;
  } catch (cause) {
    throw new AddressError(`Failed to look up the address of this machine, '${name}': give --ip`, { cause });
  }
}

/** The name of an address; the address itself when it has none. */
async function nameOf(ip: string): Promise<string> {
  try {
    return (await lookupService(ip, 0)).hostname;
  } catch {
    return ip; // Mesos ends here; an address is as good a name
  }
}

/**
 * Finds a daemon's address by Mesos's rules. May run the discovery command and ask the name service.
 *
 * @throws {AddressError} when the machine's address cannot be found out.
 */
export async function daemonAddress(flags: AddressFlags): Promise<DaemonAddress> {
  const { ip_discovery_command: command } = flags;
  const given = command === undefined ? flags.ip : await discoverAddress(command, '--ip_discovery_command');
  const bindIp = given ?? '0.0.0.0';
  const isAny = bindIp === '0.0.0.0' || bindIp === '::';
  const ip = flags.advertise_ip ?? (isAny ? await ownIp() : bindIp);
  const hostname = flags.hostname ?? (flags.hostname_lookup ? await nameOf(ip) : ip);
  return { bindIp, bindPort: flags.port, ip, port: flags.advertise_port, hostname };
}

/**
 * Returns the warning of a daemon that does not ask all of its clients who they are, which names who can use it;
 * undefined when it asks all.
 *
 * @param asks the flags that require authentication, by name, and whether they are on.
 */
export function openToAll(
  daemon: 'master' | 'agent',
  { address, port }: { address: string; port: number },
  asks: Readonly<Record<string, boolean>>,
): string | undefined {
  const off = Object.keys(asks).filter(name => !asks[name]);
  if (off.length === 0) return undefined;
  const at = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  const others =
    address.startsWith('127.') || address === '::1' ? 'every user of this machine' : 'every client that reaches it';
  if (off.length < Object.keys(asks).length) {
    return (
      `This ${daemon} asks only some clients who they are: without ${off.map(name => `--${name}`).join(', ')}, ${others} ` +
      `(${at}) may do what these flags are about`
    );
  }
  return (
    `This ${daemon} has no authentication: ${others} (${at}) may run commands as any user that tasks run as, end ` +
    'tasks and read everything. Allow access to the port only to trusted clients'
  );
}
