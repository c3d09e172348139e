import { descendants, readProcess } from '@meseta/system';
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
 */
export async function treeUsage(shim: Shim, units: Units): Promise<ProcessUsage | undefined> {
  const members = await descendants(shim);
  const top = readProcess(shim.pid);
  if (top === undefined || top.start !== shim.start) return undefined;
  let user = top.childrenUser - shim.userBefore;
  let system = top.childrenSystem - shim.systemBefore;
  let [rssPages, threads] = [0, 0];
  for (const member of members) {
    user += member.user + member.childrenUser;
    system += member.system + member.childrenSystem;
    rssPages += member.rssPages;
    threads += member.threads;
  }
  return {
    userSeconds: user / units.ticksPerSecond,
    systemSeconds: system / units.ticksPerSecond,
    rssBytes: rssPages * units.pageBytes,
    processes: members.length,
    threads,
  };
}
