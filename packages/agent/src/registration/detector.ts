/** Addresses of masters. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { SecurePathOrValue } from '@meseta/flags';
import type { Pid } from '@meseta/process';
import { excerpt } from '@meseta/protocol';
import { networkProblem } from '@meseta/system';

/** An address that `--master` cannot have. */
export class MasterAddressError extends Error {
  override readonly name = 'MasterAddressError';
  readonly code = 'MASTER_ADDRESS_INVALID';
}

const defaultPort = 5050;

/**
 * Reads `--master`: `host:port`, `host` or `master@ip:port`.
 *
 * @throws {MasterAddressError}
 */
export function parseMaster(text: string): { readonly host: string; readonly port: number } {
  const address = text.trim().replace(/^master@/, '');
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:/@\s]+))(?::(\d{1,5}))?$/.exec(address) ?? [];
  const host = bracketed ?? plain;
  const port = digits === undefined ? defaultPort : Number(digits);
  const scheme = /^https?:\/\//i.exec(address)?.[0];
  if (scheme !== undefined) {
    throw new MasterAddressError(
      `'${excerpt(text, 200)}' begins with ${scheme}, which --master does not take: give host:port. An agent speaks TLS with its master when LIBPROCESS_SSL_ENABLED=true is in its environment`,
    );
  }
  if (host === undefined || port < 1 || port > 65_535) {
    throw new MasterAddressError(
      `'${excerpt(text, 200)}' is not the address of a master; --master takes host:port of a master, several separated by commas, zk://host1:port1,host2:port2/path, or file:///path of a file with one of these`,
    );
  }
  return { host, port };
}

/** Where the master is now. */
export interface MasterLocation {
  readonly host: string;
  readonly pid: Pid;
}

/**
 * Finds a master. A host name is looked up at each call.
 *
 * @param address as {@link parseMaster} takes it.
 * @throws {MasterAddressError}, and what `dns.lookup` throws.
 */
export async function locateMaster(address: string): Promise<MasterLocation> {
  const { host, port } = parseMaster(address);
  const ip = isIP(host) ? host : (await lookup(host)).address;
  return { host, pid: { id: 'master', ip, port } };
}

/** Returns why the master by `--master` was not found, with what to do. */
export function locationProblem(error: unknown, { value, path }: SecurePathOrValue): string {
  const message = error instanceof Error ? error.message : String(error);
  const network = networkProblem(error, value.trim());
  if (network !== undefined) return network;
  return path === undefined ? message : `${path}, which --master names, has no address of a master: ${message}`;
}
