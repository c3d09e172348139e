import type { RLimitInfo } from '@meseta/protocol';

/**
 * Returns the options of prlimit(1) for resource limits: `RLMT_NOFILE` with soft 64 and hard 128 is `--nofile=64:128`.
 *
 * @throws for a limit that prlimit does not know, and when only one of soft and hard is set.
 */
export function limitOptions({ rlimits = [] }: RLimitInfo): string[] {
  return rlimits.map(({ type, soft, hard }) => {
    const name = /^RLMT_([A-Z]+)$/.exec(type ?? '')?.[1]?.toLowerCase();
    const option = name && names[name];
    if (!option) throw new Error(`Unknown resource limit '${type}'`);
    if ((soft === undefined) !== (hard === undefined))
      throw new Error(`Resource limit ${type} needs both a soft and a hard value, or neither`);
    return `--${option}=${soft ?? 'unlimited'}:${hard ?? 'unlimited'}`;
  });
}

/** Names of limits in Mesos (without `RLMT_`, in lower case), and of prlimit's options. */
const names: Readonly<Record<string, string>> = {
  ...{ as: 'as', core: 'core', cpu: 'cpu', data: 'data', fsize: 'fsize', locks: 'locks', memlock: 'memlock' },
  ...{ msgqueue: 'msgqueue', nice: 'nice', nofile: 'nofile', nproc: 'nproc', rss: 'rss', rtprio: 'rtprio' },
  ...{ rttime: 'rttime', sigpending: 'sigpending', stack: 'stack' },
};
