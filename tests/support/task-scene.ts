/** Tasks on an agent with isolators: run to their end, with what they wrote. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { TestContext } from 'node:test';
import type { ContainerInfo, TaskInfo, TaskStatus } from '@meseta/protocol';
import { CgroupsRoot } from './cgroups.ts';
import { Cluster } from './cluster.ts';
import type { Flags } from './daemon.ts';
import { type Framework, shellTask } from './framework.ts';

/** A cluster with one agent, whose cgroups are its own. */
export interface TaskScene {
  readonly cluster: Cluster;
  readonly framework: Framework;
  readonly cgroups: CgroupsRoot;
}

/** Starts a cluster with an agent that has these isolators. */
export async function taskScene(t: TestContext, isolation: string, flags: Flags = {}): Promise<TaskScene> {
  const cgroups = new CgroupsRoot(t);
  const cluster = await Cluster.start(t, { agents: [{ isolation, cgroups_root: cgroups.name, ...flags }] });
  return { cluster, framework: await cluster.framework(), cgroups };
}

/** Runs a shell line to its end. @returns its output, and its last status. */
export async function runTask(
  { cluster, framework }: TaskScene,
  id: string,
  line: string,
  more: Partial<TaskInfo> = {},
): Promise<{ status: TaskStatus; output: string }> {
  await framework.run(shellTask(id, line, more));
  const status = await framework.end(id);
  return { status, output: existsSync(path.join(sandboxOf(cluster, id), 'stdout')) ? outputOf(cluster, id) : '' };
}

/** Returns the sandbox of a task; a path that is not there when it has none. */
export function sandboxOf({ directory }: Cluster, id: string): string {
  const found = globSync(path.join(directory, `agent-1/slaves/*/frameworks/*/executors/${id}/runs/*/stdout`));
  return path.dirname(found.find(stdout => !stdout.includes('/latest/')) ?? '');
}

/** Returns what a task has written to its standard output. */
export function outputOf(cluster: Cluster, id: string): string {
  return readFileSync(path.join(sandboxOf(cluster, id), 'stdout'), 'utf8');
}

/** A container of the Mesos containerizer, as a field of a task. */
export const mesos = (container: Partial<ContainerInfo>): Pick<TaskInfo, 'container'> => ({
  container: { type: 'MESOS', ...container },
});
