/** Where the leading master is. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Pid } from '@meseta/process';

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
  if (host === undefined || port < 1 || port > 65_535) {
    throw new MasterAddressError(`Failed to parse the master's address '${text}': expecting host:port`);
  }
  return { host, port };
}

/** The master's pid; asks the name service when the host is a name. @throws what `dns.lookup` throws. */
export async function locateMaster({ host, port }: { host: string; port: number }): Promise<Pid> {
  return { id: 'master', ip: isIP(host) ? host : (await lookup(host)).address, port };
}
