import { descendants, type ProcessId, readProcess } from '@meseta/system';
import type { Shim } from '../shim/shim.ts';
import type { ProcessUsage } from './launcher.ts';

/** The units of numbers in /proc on this machine. */
export interface Units {
  readonly ticksPerSecond: number;
  readonly pageBytes: number;
}

/**
 * Adds up the usage of the processes below a shim. CPU time includes processes that have ended: their time is passed to
 * the process that waits for them, in the end to the shim, which waits for every orphan. The shim's own time, and that
 * of containers it had before, is not counted.
 *
 * @param init a process among them that only waits for others: it is none of the user's.
 */
export async function treeUsage(
  shim: Shim,
  units: Units,
  init?: ProcessId | undefined,
): Promise<ProcessUsage | undefined> {
  const members = await descendants(shim);
  const top = readProcess(shim.pid);
  if (top === undefined || top.start !== shim.start) return undefined;
  let user = top.childrenUser - shim.userBefore;
  let system = top.childrenSystem - shim.systemBefore;
  let [rssPages, threads] = [0, 0];
  for (const member of members) {
    user += member.user + member.childrenUser;
    system += member.system + member.childrenSystem;
    if (member.pid === init?.pid) continue;
    rssPages += member.rssPages;
    threads += member.threads;
  }
  return {
    userSeconds: user / units.ticksPerSecond,
    systemSeconds: system / units.ticksPerSecond,
    rssBytes: rssPages * units.pageBytes,
    processes: members.filter(({ pid }) => pid !== init?.pid).length,
    threads,
  };
}
