import { readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type OneAgent, type OneAgentOptions, startOneAgent } from './one-agent.ts';
import type { Cleanups } from './processes/child.ts';

const mounted = '/sys/fs/cgroup';

/** The isolators of benchmarks: namespaces and cgroups. */
export const isolation = 'filesystem/linux,namespaces/pid,cgroups/cpu,cgroups/mem';

/** The root of the cgroups of this process's agents. */
const cgroupsRoot = `meseta-bench-${process.pid}`;

/** Why a benchmark with namespaces and cgroups is not run. */
export const needsRoot = () => (process.geteuid?.() === 0 ? undefined : 'needs root');

/** Starts an agent whose tasks are in namespaces and cgroups of their own, and removes these afterwards. */
export function isolated(cleanups: Cleanups, options: OneAgentOptions = {}): Promise<OneAgent> {
  cleanups.add(() => {
    for (const root of cgroupRoots()) rmdirSync(root);
  });
  const { flags = [`--isolation=${isolation}`] } = options;
  return startOneAgent(cleanups, { ...options, flags: [...flags, `--cgroups_root=${cgroupsRoot}`] });
}

/** Returns the root of these agents' cgroups in each hierarchy. */
export function cgroupRoots(): string[] {
  const hierarchies = [mounted, ...readdirSync(mounted).map(name => `${mounted}/${name}`)];
  return hierarchies.filter(path => entries(path).includes(cgroupsRoot)).map(path => `${path}/${cgroupsRoot}`);
}

/** Waits until no container of an agent has a cgroup or a runtime directory. */
export async function untilDestroyed({ directories: [, runtime = ''] }: OneAgent): Promise<void> {
  const isLeft = () =>
    readdirSync(join(runtime, 'launcher')).length > 0 ||
    cgroupRoots().some(root => readdirSync(root, { withFileTypes: true }).some(each => each.isDirectory()));
  while (isLeft()) await sleep(5);
}

function entries(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return []; // a file
  }
}
