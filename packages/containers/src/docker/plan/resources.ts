/** What a container may use, in the engine's terms. */
import type { Resource } from '@meseta/protocol';
import type { EngineResources } from './container-body.ts';

const sharesPerCpu = 1024;
/** Less is not possible in Linux. */
const leastShares = 2;
const bytesPerMegabyte = 1024 ** 2;
/** Mesos's MIN_MEMORY: programs do not start with less. */
const leastMemory = 32 * bytesPerMegabyte;
const periodUs = 100_000;
/** In an update, processors without a limit. */
const noQuota = -1;
/** In an update, memory without a limit: the engine has no word for it, so it is more than any machine has. */
const anyMemory = 2 ** 50;
/** Less is not possible in Linux. */
const leastQuotaUs = 1000;

/** What a container has, and what it may use beyond that, by the resource's name; `Infinity`: as much as there is. */
export interface Granted {
  readonly resources: readonly Resource[];
  readonly limits: Readonly<Record<string, number>>;
}

/**
 * Returns a container's share of the processors, its limits, and the memory that is kept for it. Resources that it does not have
 * are not limited.
 *
 * @param limitsCpus `--cgroups_enable_cfs`: it gets no more than it has, even if there is more.
 * @see Mesos src/docker/docker.cpp, Docker::RunOptions::create
 */
export function engineResources({ resources, limits }: Granted, limitsCpus: boolean): EngineResources {
  const [cpus, mem] = [amountOf(resources, 'cpus'), amountOf(resources, 'mem')];
  const cpuLimit = limits.cpus ?? (limitsCpus ? cpus : undefined);
  return {
    ...(cpus !== undefined && { CpuShares: Math.max(leastShares, Math.trunc(sharesPerCpu * cpus)) }),
    ...(cpuLimit !== undefined && cpuLimit !== Infinity && { CpuQuota: quotaOf(cpuLimit) }),
    ...(mem !== undefined && memoryOf(mem, limits.mem ?? mem)),
  };
}

/**
 * Returns what a running container gets in place of what it had. The engine keeps what an update does not name, so limits that are gone
 * are named.
 *
 * @param hadQuota the agent has limited its processors before.
 */
export function changedResources(granted: Granted, limitsCpus: boolean, hadQuota: boolean): EngineResources {
  const next = engineResources(granted, limitsCpus);
  const { Memory, MemoryReservation = Memory } = next;
  const most = Memory ?? anyMemory;
  return {
    ...next,
    ...(hadQuota && next.CpuQuota === undefined && { CpuQuota: noQuota }),
    // The engine refuses more memory than memory and swap, and less than it keeps; it has set both itself.
    ...(MemoryReservation !== undefined && { Memory: most, MemorySwap: 2 * most, MemoryReservation }),
  };
}

function quotaOf(cpus: number): number {
  return Math.max(leastQuotaUs, Math.round(cpus * periodUs));
}

/** @param mem of which no other container takes a part; in MB, as the limit. */
function memoryOf(mem: number, limit: number): EngineResources {
  const [kept, most] = [mem, limit].map(megabytes => Math.max(leastMemory, Math.trunc(megabytes * bytesPerMegabyte)));
  if (most === kept) return { Memory: most ?? leastMemory };
  return { ...(limit !== Infinity && most !== undefined && { Memory: most }), MemoryReservation: kept ?? leastMemory };
}

/** Returns how much of a resource there is; undefined when it is not named. */
export function amountOf(resources: readonly Resource[], name: string): number | undefined {
  const amounts = resources.filter(each => each.name === name).map(({ scalar }) => scalar?.value ?? 0);
  if (amounts.length === 0) return undefined;
  return Math.round(amounts.reduce((sum, each) => sum + each, 0) * 1000) / 1000;
}
