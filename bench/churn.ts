/** Short tasks of all kinds, one after the other, and what is left of them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskInfo, TaskState } from '@meseta/protocol';
import { type BenchFramework, commandTask, shellTask, taskCpus } from './framework.ts';
import { type OneAgent, type OneAgentOptions, startOneAgent } from './one-agent.ts';
import { childrenOf } from './proc.ts';
import type { Child, Cleanups } from './processes/child.ts';

type Task = Omit<TaskInfo, 'agent_id'>;

/** A kind of task, and how it ends. */
interface Kind {
  readonly task: (name: string, framework: BenchFramework) => Task;
  readonly ends: TaskState;
  /** In a pod of its own. */
  readonly pod?: true;
  /** The framework kills it when it runs. */
  readonly killed?: true;
}

const finishes: Kind = { task: name => commandTask(name, '/bin/true'), ends: 'TASK_FINISHED' };
const fails: Kind = { task: name => shellTask(name, 'exit 3'), ends: 'TASK_FAILED' };
const checked: Kind = {
  task: name => ({
    ...shellTask(name, 'sleep 0.1'),
    health_check: { type: 'COMMAND', command: { value: 'true' }, delay_seconds: 0, interval_seconds: 0.05 },
  }),
  ends: 'TASK_FINISHED',
};
const endless = (name: string) => commandTask(name, '/bin/sleep', '3600');

/** In this order, again and again. */
const kinds: readonly Kind[] = [
  ...Array<Kind>(10).fill(finishes),
  ...Array<Kind>(2).fill(fails),
  checked,
  { task: name => commandTask(name, '/no/such/program'), ends: 'TASK_FAILED' },
  { task: endless, ends: 'TASK_KILLED', killed: true },
  ...Array<Kind>(2).fill({ ...finishes, pod: true }),
  { ...fails, pod: true },
  { task: withExecutor('exit 0'), ends: 'TASK_FAILED' }, // it never registers
  { task: withExecutor(`exec perl ${join(import.meta.dirname, 'processes/executor.pl')}`), ends: 'TASK_FINISHED' },
];

function withExecutor(value: string): Kind['task'] {
  return (name, { id }) => {
    const { command: _, ...task } = endless(name);
    const executor_id = { value: `executor-of-${name}` };
    return { ...task, executor: { type: 'CUSTOM', executor_id, framework_id: { value: id }, command: { value } } };
  };
}

/** What two daemons hold. */
export interface Footprint {
  /** Bytes of objects that are alive. */
  readonly agentHeap: number;
  readonly masterHeap: number;
  /** Open file descriptors. */
  readonly agentFiles: number;
  readonly masterFiles: number;
  /** Processes below the agent. */
  readonly processes: number;
  /** Files and directories below the agent's work and runtime directories. */
  readonly paths: number;
}

/** A cluster that tasks churn through. */
export interface Churn {
  /** Runs so many tasks to their ends. @throws when one ends otherwise than it should. */
  run(count: number): Promise<void>;
  /** What is left when garbage is collected. */
  footprint(): Promise<Footprint>;
}

/** How many tasks there are at a time. */
const outstanding = 64;

/** Starts a cluster that remembers little, and collects garbage soon. */
export async function startChurn(cleanups: Cleanups, options: OneAgentOptions = {}): Promise<Churn> {
  const { flags = [] } = options;
  const cluster = await startOneAgent(cleanups, {
    history: 20,
    info: { checkpoint: true },
    ...options,
    flags: ['--gc_delay=1secs', '--disk_watch_interval=1secs', '--executor_shutdown_grace_period=2secs', ...flags],
  });
  let launched = 0;
  return {
    async run(count) {
      const first = launched;
      launched += count;
      await runTasks(cluster, first, launched);
    },
    footprint: () => footprintOf(cluster),
  };
}

async function runTasks({ framework }: OneAgent, first: number, end: number): Promise<void> {
  const { promise: failed, reject } = Promise.withResolvers<never>();
  let changed = Promise.withResolvers<void>();
  const left = new Map<string, Kind>();
  framework.onStatus = ({ state, message, task_id, agent_id }) => {
    const kind = left.get(task_id.value);
    if (state === 'TASK_STARTING' || kind === undefined) return;
    if (state === 'TASK_RUNNING') {
      if (kind.killed) framework.call({ type: 'KILL', kill: { task_id, ...(agent_id && { agent_id }) } });
      return;
    }
    if (state !== kind.ends) reject(new Error(`${task_id.value} is ${state}, not ${kind.ends}: ${message}`));
    left.delete(task_id.value);
    changed.resolve();
    changed = Promise.withResolvers<void>();
  };
  for (let next = first; next < end || left.size > 0; ) {
    const room = Math.min(end - next, outstanding - left.size);
    if (room <= 0) {
      await Promise.race([changed.promise, failed]);
      continue;
    }
    const offers = await Promise.race([framework.offered(outstanding * taskCpus * 2), failed]);
    const tasks: Task[] = [];
    const pods: Task[] = [];
    for (const stop = next + Math.min(end - next, outstanding - left.size); next < stop; next++) {
      const kind = kinds[next % kinds.length]!;
      const name = `task-${next}`;
      left.set(name, kind);
      (kind.pod ? pods : tasks).push(kind.task(name, framework));
    }
    framework.launch(offers, tasks, pods);
  }
}

function pathsBelow(directory: string): number {
  try {
    return readdirSync(directory, { recursive: true }).length;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Number.POSITIVE_INFINITY; // some of them just went
    throw error;
  }
}

async function footprintOf({ master, agent, directories }: OneAgent): Promise<Footprint> {
  const paths = () => directories.reduce((sum, each) => sum + pathsBelow(each), 0);
  // Sandboxes go in slices, and shims that have no work end after a second.
  for (let before = Number.POSITIVE_INFINITY; ; ) {
    await sleep(3000);
    const now = paths();
    if (now >= before && now < Number.POSITIVE_INFINITY) break;
    before = now;
  }
  const files = (daemon: Child<never>) => readdirSync(`/proc/${daemon.pid}/fd`).length;
  const below = (pid: number): number => childrenOf(pid).reduce((sum, each) => sum + 1 + below(each), 0);
  return {
    agentHeap: (await agent.ask('memory')).heap,
    masterHeap: (await master.ask('memory')).heap,
    agentFiles: files(agent as Child<never>),
    masterFiles: files(master as Child<never>),
    processes: below(agent.pid),
    paths: paths(),
  };
}
