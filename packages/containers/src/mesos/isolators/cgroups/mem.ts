/**
 * `cgroups/mem`: memory. A container ends when it needs more than its limit, which is its `mem` unless it asks for another.
 * When the machine's memory is short, containers that use more than their `mem` give some back first.
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/cgroups/subsystems/memory.cpp
 */
import { readFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import type { ContainerConfig, ResourceStatistics } from '@meseta/protocol';
import { CgroupError } from '../../cgroups/cgroups.ts';
import type { LaunchPart } from '../../launch-plan.ts';
import {
  type Controller,
  type ControllerParts,
  type Group,
  has,
  type Request,
  readNumber,
  readOptional,
  readStat,
  type Settings,
  scalar,
  write,
} from './controller.ts';
import { memoryLimitation } from './mem-limitation.ts';
import { MemoryEvents } from './memory-events.ts';
import { parseKills } from './oom-watch.ts';

const bytesPerMegabyte = 1024 * 1024;
/** No container gets less. */
const leastBytes = 32 * bytesPerMegabyte;

/** The files of both versions. `unlimited` is what is written to `hard` for no limit. */
const versions = {
  1: { soft: 'memory.soft_limit_in_bytes', hard: 'memory.limit_in_bytes', unlimited: '-1' },
  2: { soft: 'memory.low', hard: 'memory.max', unlimited: 'max' },
} as const;
const withSwap = 'memory.memsw.limit_in_bytes';

/** What a container may use, in bytes. */
export interface MemoryLimits {
  /** Its own when the machine's memory is short. */
  readonly soft: number;
  /** Infinity: none. */
  readonly hard: number;
}

/** Makes the controller of `cgroups/mem`. */
export async function memController({ cgroups, flags, log }: ControllerParts): Promise<Controller[]> {
  const hierarchy = cgroups.hierarchy('memory');
  const { version } = hierarchy;
  const limitsSwap = flags.cgroups_limit_swap ?? false;
  parseKills(await readFile('/proc/vmstat', 'utf8')); // refuses kernels that do not count kills
  if (limitsSwap) await mustCountSwap({ key: '' as Group['key'], path: hierarchy.path }, version);
  const events = version === 1 ? new MemoryEvents(log) : undefined;
  return [
    {
      hierarchy,
      settings: request => memorySettings(version, memoryLimits(request), limitsSwap),
      launchPart: (request, config) => outOfMemoryScore(memoryLimits(request), config),
      update: async (request, group) => {
        if (has(request, 'mem')) await update(version, memoryLimits(request), limitsSwap, group);
      },
      begin: ({ path }) => events?.watch(path),
      recover: async ({ path }) => events?.watch(path),
      usage: async group =>
        version === 1
          ? { ...(await usageOfVersion1(group, limitsSwap)), ...events?.pressure(group.path) }
          : usageOfVersion2(group),
      limitation: group => memoryLimitation(version, group, events?.outOfMemory(group.path)),
      forget: ({ path }) => events?.forget(path),
      close: () => events?.close(),
    },
  ];
}

async function mustCountSwap(root: Group, version: 1 | 2): Promise<void> {
  if (version === 2) {
    throw new CgroupError(
      'Memory and swap cannot be limited together (--cgroups_limit_swap) with version 2 of cgroups, which counts them apart. Leave the flag out, or mount the memory controller with version 1',
    );
  }
  const limit = await readOptional(root, withSwap);
  if (limit !== undefined) return;
  throw new CgroupError(
    `Swap cannot be limited (--cgroups_limit_swap): the kernel has no ${withSwap}. Start it with swapaccount=1, or leave the flag out`,
  );
}

/**
 * Returns the limits of a container.
 *
 * @throws {LaunchError} it has no mem.
 */
export function memoryLimits(request: Request): MemoryLimits {
  const soft = Math.max(scalar(request, 'mem') * bytesPerMegabyte, leastBytes);
  const { mem } = request.limits;
  // Mesos takes whole megabytes of a limit, but not of a request.
  const hard = mem === undefined ? soft : Math.max(Math.trunc(mem) * bytesPerMegabyte, leastBytes);
  return { soft: Math.floor(soft), hard: Math.floor(hard) };
}

/** Returns the settings of a new group. */
export function memorySettings(version: 1 | 2, { soft, hard }: MemoryLimits, limitsSwap: boolean): Settings {
  const files = versions[version];
  const text = Number.isFinite(hard) ? String(hard) : files.unlimited;
  return [[files.soft, String(soft)], [files.hard, text], ...(limitsSwap ? [[withSwap, text] as const] : [])];
}

/**
 * Changes the limits of a running container. The hard limit only grows: below what is used it would end the container, which
 * may be about to give memory back. The one with swap grows first, for it is never less than the other.
 */
async function update(version: 1 | 2, limits: MemoryLimits, limitsSwap: boolean, group: Group): Promise<void> {
  const current = await readNumber(group, versions[version].hard);
  const [soft, ...hard] = memorySettings(version, limits, limitsSwap);
  await write(group, [...(soft ? [soft] : []), ...(limits.hard > current ? hard.reverse() : [])]);
}

/** When the machine's memory runs out, a task that uses more than its request is killed before others. */
function outOfMemoryScore({ soft, hard }: MemoryLimits, { task_info }: ContainerConfig): LaunchPart {
  if (soft >= hard || task_info === undefined) return {};
  return { oom_score_adj: Math.max(0, 1000 - Math.trunc((1000 * soft) / totalmem())) };
}

async function usageOfVersion1(group: Group, limitsSwap: boolean): Promise<Partial<ResourceStatistics>> {
  const [total, kernel, tcp, withSwap, stat] = await Promise.all([
    readNumber(group, 'memory.usage_in_bytes'),
    readOptional(group, 'memory.kmem.usage_in_bytes'),
    readOptional(group, 'memory.kmem.tcp.usage_in_bytes'),
    limitsSwap ? readNumber(group, 'memory.memsw.usage_in_bytes') : undefined,
    readStat(group, 'memory.stat'),
  ]);
  const { total_cache: file, total_rss: anonymous } = stat;
  return known({
    ...{ mem_total_bytes: total, mem_total_memsw_bytes: withSwap },
    ...{ mem_kmem_usage_bytes: kernel, mem_kmem_tcp_usage_bytes: tcp },
    ...{ mem_file_bytes: file, mem_cache_bytes: file, mem_anon_bytes: anonymous, mem_rss_bytes: anonymous },
    ...{ mem_mapped_file_bytes: stat.total_mapped_file, mem_swap_bytes: stat.total_swap },
    mem_unevictable_bytes: stat.total_unevictable,
  });
}

async function usageOfVersion2(group: Group): Promise<Partial<ResourceStatistics>> {
  const [total, swap, stat] = await Promise.all([
    readNumber(group, 'memory.current'),
    readOptional(group, 'memory.swap.current'),
    readStat(group, 'memory.stat'),
  ]);
  const { file, anon, kernel, sock, file_mapped, unevictable } = stat;
  return known({
    ...{ mem_total_bytes: total, mem_swap_bytes: swap, mem_kmem_usage_bytes: kernel, mem_kmem_tcp_usage_bytes: sock },
    ...{ mem_file_bytes: file, mem_cache_bytes: file, mem_anon_bytes: anon, mem_rss_bytes: anon },
    ...{ mem_mapped_file_bytes: file_mapped, mem_unevictable_bytes: unevictable },
  });
}

type Maybe<T> = { readonly [Key in keyof T]?: T[Key] | undefined };

/** Leaves out what this kernel does not tell. */
function known(statistics: Maybe<ResourceStatistics>): Partial<ResourceStatistics> {
  return Object.fromEntries(Object.entries(statistics).filter(([, value]) => value !== undefined));
}
