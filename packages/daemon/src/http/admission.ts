/** For whom a daemon answers, from its flags and what its machine is called. */
import { readFile } from 'node:fs/promises';
import { hostname as systemHostname } from 'node:os';
import { Admission } from '@meseta/process';

/** The flags that name further hosts and origins. */
export interface AdmissionFlags {
  readonly allowed_hosts: readonly string[] | undefined;
  readonly allowed_origins: readonly string[] | undefined;
}

/**
 * Lets requests in that are for an IP address, `localhost`, the announced name, a name of this machine or one that
 * `--allowed_hosts` names, and whose page, if a page sent them, is the daemon's own or named by `--allowed_origins`.
 *
 * @param hostname the name that others are told.
 */
export async function daemonAdmission(flags: AdmissionFlags, hostname: string): Promise<Admission> {
  const { allowed_hosts = [], allowed_origins = [] } = flags;
  const machine = systemHostname();
  // Asking the name service for more would let whoever answers choose our names.
  const hosts = await readFile('/etc/hosts', 'utf8').catch(() => '');
  const names = [hostname, machine, ...namesBeside(machine, hosts)];
  return new Admission({ hosts: [...names, ...allowed_hosts], origins: allowed_origins });
}

/**
 * The names that a hosts file gives to a machine: those on the lines that have its host name. Other lines for addresses
 * of this machine do not count, because files that block advertisers have thousands of them.
 */
export function namesBeside(machine: string, hosts: string): string[] {
  return hosts.split('\n').flatMap(line => {
    const [, ...names] = line.replace(/#.*/, '').trim().toLowerCase().split(/\s+/);
    return names.includes(machine.toLowerCase()) ? names : [];
  });
}
