import { readdirSync } from 'node:fs';
import { commandTask, taskCpus } from './framework.ts';
import type { OneAgent } from './one-agent.ts';
import { pssOf, read } from './proc.ts';
import { launchSleeping } from './sleeping-tasks.ts';

let launches = 0;

/** Milliseconds from ACCEPT to TASK_RUNNING of one task, which is run to its end. */
export async function launchToRunning({ framework }: OneAgent, program: string): Promise<number> {
  const offers = await framework.offered(taskCpus);
  const { promise: finished, resolve: end } = Promise.withResolvers<void>();
  let running = 0;
  framework.onStatus = ({ state }) => {
    if (state === 'TASK_RUNNING') running = performance.now();
    else if (state === 'TASK_FINISHED') end();
    else if (state !== 'TASK_STARTING') throw new Error(`the task is ${state}`);
  };
  const start = performance.now();
  framework.launch(offers, [commandTask(`idle-${launches++}`, program)]);
  await finished;
  return running - start;
}

/**
 * Bytes that agent and shims grow by for each task that sleeps; shared pages in proportion. The agent has run tasks before.
 */
export async function growthPerTask(cluster: OneAgent, count: number): Promise<number> {
  const { agent } = cluster;
  await agent.ask('memory'); // collects garbage
  const before = familyPss(agent.pid, 'sleep');
  await launchSleeping(cluster, count);
  await agent.ask('memory');
  return (familyPss(agent.pid, 'sleep') - before) / count;
}

/** Milliseconds from the start of an agent, where the one before has ended, until it has registered. */
export async function startedAgain(cluster: OneAgent): Promise<{ ms: number; agent: OneAgent['agent'] }> {
  const start = performance.now();
  const agent = cluster.startAgain();
  await agent.ask('registered');
  return { ms: performance.now() - start, agent };
}

/** Bytes of a process and what it started, tasks excepted: those are what is to be run. */
function familyPss(pid: number, taskName: string): number {
  const children = new Map<number, number[]>();
  const names = new Map<number, string>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = read(`/proc/${entry}/stat`);
    const [, name, parent] = /^\d+ \((.*)\) \S (\d+)/.exec(stat) ?? [];
    names.set(Number(entry), name ?? '');
    children.set(Number(parent), [...(children.get(Number(parent)) ?? []), Number(entry)]);
  }
  const sum = (each: number): number =>
    names.get(each) === taskName
      ? 0
      : pssOf(each) + (children.get(each) ?? []).reduce((all, child) => all + sum(child), 0);
  return sum(pid);
}

/** The pids of processes of that name. */
export function pidsNamed(name: string): number[] {
  const pids = readdirSync('/proc').filter(entry => /^\d+$/.test(entry));
  return pids.filter(pid => read(`/proc/${pid}/comm`) === `${name}\n`).map(Number);
}
