/** Decides from the flags and the names of the machine which requests a daemon answers. */
import { readFile } from 'node:fs/promises';
import { hostname as systemHostname } from 'node:os';
import { Admission } from '@meseta/process';

/** The flags that name further hosts and origins. */
export interface AdmissionFlags {
  readonly allowed_hosts: readonly string[] | undefined;
  readonly allowed_origins: readonly string[] | undefined;
}

/**
 * Makes the check of requests: they must be for an IP address, `localhost`, the announced name, a name of this machine,
 * or a name in `--allowed_hosts`. The page that sent them, if any, must be the daemon's own or one in
 * `--allowed_origins`.
 *
 * @param hostname the name that the daemon announces.
 */
export async function daemonAdmission(flags: AdmissionFlags, hostname: string): Promise<Admission> {
  const { allowed_hosts = [], allowed_origins = [] } = flags;
  const machine = systemHostname();
  // More names are not requested from the name service, because its operator could then choose the names of this
  // machine.
  const hosts = await readFile('/etc/hosts', 'utf8').catch(() => ''); // without the file there are no more names
  const names = [hostname, machine, ...namesBeside(machine, hosts)];
  return new Admission({ hosts: [...names, ...allowed_hosts], origins: allowed_origins });
}

/**
 * Returns the names that a hosts file gives to a machine: those on the lines that have its host name. Other lines for
 * addresses of this machine do not count, because files that block advertisers have thousands of them.
 */
export function namesBeside(machine: string, hosts: string): string[] {
  return hosts.split('\n').flatMap(line => {
    const [, ...names] = line.replace(/#.*/, '').trim().toLowerCase().split(/\s+/);
    return names.includes(machine.toLowerCase()) ? names : [];
  });
}
