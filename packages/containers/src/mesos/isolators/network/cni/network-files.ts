import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import type { CniDNS, ContainerDNSInfo } from '@meseta/protocol';
import { containerRoot, mountFlags, type PlannedMount } from '../../../launch-plan.ts';
import { CniError } from './errors.ts';
import type { CniResult } from './result.ts';

/** The files that tell a container about its networks. */
export const networkFiles = ['hosts', 'hostname', 'resolv.conf'] as const;

/** One of {@link networkFiles}. */
export type NetworkFile = (typeof networkFiles)[number];

/**
 * Returns the mounts of network files in /etc of a container.
 *
 * @param source where each file is.
 * @param hasImage the container has a root file system of its own, in which missing files are made. On the machine's, no
 * file is made: what it lacks, its containers lack.
 */
export function networkFileMounts(
  source: (name: NetworkFile) => string,
  { hasImage, readOnly }: { readonly hasImage: boolean; readonly readOnly: boolean },
): PlannedMount[] {
  return networkFiles
    .filter(name => hasImage || existsSync(`/etc/${name}`))
    .map(name => ({
      ...{ source: source(name), target: `/etc/${name}`, targetRoot: containerRoot, flags: mountFlags.bind },
      ...(hasImage && { create: 'file' as const }),
      readOnly,
    }));
}

/** Returns /etc/hosts of a container: of its addresses, the first of each kind. */
export function hostsFile(hostname: string, results: readonly CniResult[]): string {
  const addresses = results.flatMap(result => result.addresses);
  const own = [addresses.find(each => !isIPv6(each)), addresses.find(isIPv6)].filter(each => each !== undefined);
  return ['127.0.0.1 localhost', ...own.map(address => `${address} ${hostname}`), ''].join('\n');
}

/**
 * Returns /etc/resolv.conf of a container: what its networks told, else `--default_container_dns`, else the machine's.
 * Of several networks, lists are joined, and the last domain counts.
 */
export async function resolverFile(
  networks: readonly { readonly network: string; readonly result: CniResult }[],
  defaults: DefaultDns,
): Promise<string> {
  const all = networks.map(({ network, result }) => {
    return result.dns.nameservers?.length ? result.dns : (defaults.of(network) ?? {});
  });
  const nameservers = all.flatMap(dns => dns.nameservers ?? []);
  if (nameservers.length === 0) return readFile('/etc/resolv.conf', 'utf8').catch(unlessMissing);
  const domain = all.findLast(dns => dns.domain)?.domain;
  const search = all.flatMap(dns => dns.search ?? []);
  const options = all.flatMap(dns => dns.options ?? []);
  return [
    ...(domain === undefined ? [] : [`domain ${domain}`]),
    ...(search.length > 0 ? [`search ${search.join(' ')}`] : []),
    ...(options.length > 0 ? [`options ${options.join(' ')}`] : []),
    ...nameservers.map(address => `nameserver ${address}`),
    '',
  ].join('\n');
}

function unlessMissing(error: NodeJS.ErrnoException): string {
  if (error.code !== 'ENOENT') throw error;
  return '';
}

/** The name servers of `--default_container_dns` for CNI networks. */
export class DefaultDns {
  /** By network; the empty name stands for all others. */
  readonly #dns = new Map<string, CniDNS>();

  /** @throws {CniError} the flag is for other networks than those of CNI, or says one thing twice. */
  constructor(flag: ContainerDNSInfo | undefined) {
    for (const { network_mode: mode, network_name: name = '', dns } of flag?.mesos ?? []) {
      if (mode !== 'CNI') throw wrong(`'network_mode' of 'mesos' must be CNI, not ${mode ?? 'missing'}`);
      if (this.#dns.has(name))
        throw wrong(name === '' ? 'two entries have no network_name' : `'${name}' is given twice`);
      this.#dns.set(name, dns);
    }
  }

  /** Returns what a network's containers get. */
  of(network: string): CniDNS | undefined {
    return this.#dns.get(network) ?? this.#dns.get('');
  }
}

function wrong(problem: string): CniError {
  return new CniError('CNI_CONFIG', `--default_container_dns: ${problem}`);
}
