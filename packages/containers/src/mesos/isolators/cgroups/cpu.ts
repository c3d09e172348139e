/**
 * `cgroups/cpu`: processors. When all are busy, a container gets a share by its `cpus`; with `--cgroups_enable_cfs`, or a
 * limit, it never gets more. The kernel counts what it uses.
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/cgroups/subsystems/cpu.cpp and cpuacct.cpp
 */
import type { ResourceStatistics } from '@meseta/protocol';
import type { ContainerizerFlags } from '../../../containerizer-flags.ts';
import type { Hierarchy } from '../../cgroups/hierarchies.ts';
import {
  type Controller,
  type ControllerParts,
  type Group,
  has,
  type Request,
  read,
  readStat,
  type Settings,
  scalar,
  write,
} from './controller.ts';

/** Weights of a processor; `low` is that of a revocable one. Least and greatest are limits of the kernel. */
const weights = {
  1: { file: 'cpu.shares', normal: 1024, low: 10, least: 2, greatest: 262_144 },
  2: { file: 'cpu.weight', normal: 100, low: 1, least: 1, greatest: 10_000 },
} as const;

/** Linux's default: the time that a quota is for. */
const periodMicroseconds = 100_000;
const leastQuotaMicroseconds = 1000;
/** The unit of cpuacct.stat, USER_HZ, is the same on all machines that Node.js runs on. */
const ticksPerSecond = 100;

/** Makes the controllers of `cgroups/cpu`; with version 1 time is counted by another one, maybe in another hierarchy. */
export function cpuControllers({ cgroups, flags }: ControllerParts): Controller[] {
  const hierarchy = cgroups.hierarchy('cpu');
  const control: Controller = {
    hierarchy,
    settings: request => cpuSettings(hierarchy.version, request, flags),
    update: async (request, group) => {
      if (has(request, 'cpus')) await write(group, cpuSettings(hierarchy.version, request, flags));
    },
    usage: async group => ({
      ...(hierarchy.version === 2 && { ...(await timesOfVersion2(group)), ...(await count(group, hierarchy, flags)) }),
      ...(flags.cgroups_enable_cfs && (await throttling(hierarchy, group))),
    }),
  };
  if (hierarchy.version === 2) return [control];
  const accounting: Controller = {
    hierarchy: cgroups.hierarchy('cpuacct'),
    usage: async group => ({ ...(await timesOfVersion1(group)), ...(await count(group, hierarchy, flags)) }),
  };
  return [control, accounting];
}

/**
 * Returns the settings of a container.
 *
 * @throws {LaunchError} it has no cpus.
 */
export function cpuSettings(
  version: 1 | 2,
  request: Request,
  flags: Pick<ContainerizerFlags, 'cgroups_enable_cfs' | 'revocable_cpu_low_priority'>,
): Settings {
  const { file, normal, low, least, greatest } = weights[version];
  const cpus = scalar(request, 'cpus');
  const revocable = request.resources.some(({ name, revocable }) => name === 'cpus' && revocable !== undefined);
  const each = revocable && (flags.revocable_cpu_low_priority ?? true) ? low : normal;
  const weight = Math.min(Math.max(Math.floor(each * cpus), least), greatest);
  const allowed = request.limits.cpus ?? (flags.cgroups_enable_cfs ? cpus : undefined);
  return [[file, String(weight)], ...quotaSettings(version, allowed)];
}

/** @param cpus undefined: the kernel's default, which is no limit, stays. */
function quotaSettings(version: 1 | 2, cpus: number | undefined): Settings {
  if (cpus === undefined) return [];
  const quota = Math.max(Math.floor(periodMicroseconds * cpus), leastQuotaMicroseconds);
  const unlimited = cpus === Number.POSITIVE_INFINITY;
  if (version === 2) return [['cpu.max', `${unlimited ? 'max' : quota} ${periodMicroseconds}`]];
  return [
    ['cpu.cfs_period_us', String(periodMicroseconds)],
    ['cpu.cfs_quota_us', unlimited ? '-1' : String(quota)],
  ];
}

async function timesOfVersion1(group: Group): Promise<Partial<ResourceStatistics>> {
  const { user = 0, system = 0 } = await readStat(group, 'cpuacct.stat');
  return { cpus_user_time_secs: user / ticksPerSecond, cpus_system_time_secs: system / ticksPerSecond };
}

async function timesOfVersion2(group: Group): Promise<Partial<ResourceStatistics>> {
  const { user_usec = 0, system_usec = 0 } = await readStat(group, 'cpu.stat');
  return { cpus_user_time_secs: user_usec / 1e6, cpus_system_time_secs: system_usec / 1e6 };
}

async function throttling({ version }: Hierarchy, group: Group): Promise<Partial<ResourceStatistics>> {
  const {
    nr_periods = 0,
    nr_throttled = 0,
    throttled_time = 0,
    throttled_usec = 0,
  } = await readStat(group, 'cpu.stat');
  return {
    cpus_nr_periods: nr_periods,
    cpus_nr_throttled: nr_throttled,
    cpus_throttled_time_secs: version === 1 ? throttled_time / 1e9 : throttled_usec / 1e6,
  };
}

/** Counts processes and threads, which takes the kernel time for each of them. */
async function count(
  group: Group,
  { version }: Hierarchy,
  flags: ContainerizerFlags,
): Promise<Partial<ResourceStatistics>> {
  if (!flags.cgroups_cpu_enable_pids_and_tids_count) return {};
  const lines = async (file: string) => (await read(group, file)).split('\n').filter(Boolean).length;
  const threads = version === 1 ? 'tasks' : 'cgroup.threads';
  return { processes: await lines('cgroup.procs'), threads: await lines(threads) };
}
