/**
 * What a task costs: its processor time, process by process, beside that of spawning the same program; and the memory of
 * the daemons after many of them.
 */
import { eventually } from '@meseta/system/testing';
import type { Benchmark, Effort } from './benchmark.ts';
import { shellTask } from './framework.ts';
import { startOneAgent } from './one-agent.ts';
import { childrenOf, difference, pssOf, spent } from './proc.ts';
import { type Cleanups, withCleanups } from './processes/child.ts';
import type { Spawns } from './processes/spawns.ts';
import { type Row, scenario } from './scenario.ts';

const command = 'true';
const outstanding = 64;
const spawnsAtOnce = 8;

/** Microseconds of processor time a task, by where they went. */
interface Cost {
  readonly framework: number;
  readonly master: number;
  readonly agent: number;
  /** The agent's other threads: the one that writes to disk, and those that collect garbage and compile. */
  readonly agentThreads: number;
  readonly spawner: number;
  readonly shims: number;
  /** From the fork of the task's process to its end. */
  readonly task: number;
}

async function bare(cleanups: Cleanups, count: number) {
  const child = cleanups.child<Spawns>('spawns.ts');
  await child.ask('run', { command, count: count / 10, atOnce: spawnsAtOnce });
  const before = spent(child.pid);
  const { ms } = await child.ask('run', { command, count, atOnce: spawnsAtOnce });
  const { own, reaped } = difference(before, spent(child.pid));
  return { rate: (count / ms) * 1000, node: own / count, program: reaped / count };
}

async function tasks(cleanups: Cleanups, count: number): Promise<Omit<Results, 'bare'>> {
  const { master, agent, finish } = await startOneAgent(cleanups, { info: { checkpoint: true } });
  await finish(count / 10, name => shellTask(name, command), outstanding);
  const [spawner = 0] = childrenOf(agent.pid);
  const shimsOf = () => childrenOf(spawner).map(pid => spent(pid).mainThread);
  await none(shimsOf);
  const pids = [process.pid, master.pid, agent.pid, spawner];
  const before = pids.map(spent);
  const { ms } = await finish(count, name => shellTask(name, command), outstanding);
  const memory = { agent: pssOf(agent.pid), master: pssOf(master.pid) };
  const shims = shimsOf().reduce((sum, each) => sum + each, 0);
  const now = pids.map(spent);
  await none(shimsOf); // their own children are counted when they have ended, too
  const [own, ofMaster, ofAgent, ofSpawner] = before.map((each, index) => difference(each, now[index]!));
  const reaped = difference(before[3]!, spent(spawner)).reaped;
  return {
    rate: (count / ms) * 1000,
    memory,
    cost: {
      framework: own!.own / count,
      master: ofMaster!.own / count,
      agent: ofAgent!.mainThread / count,
      agentThreads: (ofAgent!.own - ofAgent!.mainThread) / count,
      spawner: ofSpawner!.own / count,
      shims: shims / count,
      task: (reaped - shims) / count,
    },
  };
}

/** Shims without work end after a second. */
async function none(processes: () => readonly unknown[]): Promise<void> {
  await eventually('the end of the shims', () => processes().length === 0);
}

interface Results {
  readonly bare: { readonly rate: number; readonly node: number; readonly program: number };
  readonly rate: number;
  readonly cost: Cost;
  /** Bytes, as they are: nobody collects garbage for it. */
  readonly memory: { readonly agent: number; readonly master: number };
}

const sum = (cost: Cost) => Object.values(cost).reduce((all: number, each: number) => all + each, 0);

function part(
  what: string,
  note: string,
  value: (cost: Cost) => number,
  base?: (results: Results) => number,
): Row<Results> {
  return {
    name: `processor time of a task, ${what}`,
    unit: 'µs',
    better: 'less',
    note,
    value: ({ cost }) => value(cost),
    ...(base && { base }),
  };
}

function held(daemon: string, value: (results: Results) => number): Row<Results> {
  return {
    name: `memory of the ${daemon}, after 2,000 tasks`,
    unit: 'MiB',
    better: 'less',
    budget: { value: 90 },
    note: 'shared pages in proportion, garbage included',
    value: results => value(results) / 1024 ** 2,
  };
}

const rows: readonly Row<Results>[] = [
  {
    name: `tasks on one agent, ${outstanding} outstanding`,
    unit: '1/s',
    better: 'more',
    budget: { ratio: 0.5 },
    note: `sh -c ${command}, checkpointed, status updates acknowledged; baseline: ${spawnsAtOnce} at once spawned from Node.js`,
    value: ({ rate }) => rate,
    base: ({ bare: { rate } }) => rate,
  },
  {
    ...part('all', 'the same; baseline: that Node.js and what it spawns', sum, ({ bare }) => bare.node + bare.program),
    budget: { ratio: 2 },
  },
  part(
    'its own',
    'from fork to end; baseline: the same when Node.js spawns it',
    ({ task }) => task,
    ({ bare }) => bare.program,
  ),
  part('shim', 'forks it, records its end', ({ shims }) => shims),
  part('spawner', 'forks shims and hands them work', ({ spawner }) => spawner),
  part(
    'agent',
    'its main thread; baseline: the main thread of the Node.js that spawns',
    ({ agent }) => agent,
    ({ bare }) => bare.node,
  ),
  part('agent, other threads', 'writing to disk, garbage collection, compilation', ({ agentThreads }) => agentThreads),
  part('master', 'all threads', ({ master }) => master),
  part('framework', 'all threads of the one this bench has', ({ framework }) => framework),
  held('agent', ({ memory }) => memory.agent),
  held('master', ({ memory }) => memory.master),
];

export default scenario(
  3,
  ({ quick }: Effort) =>
    withCleanups(async cleanups => {
      const count = quick ? 300 : 2000;
      return { bare: await bare(cleanups, count), ...(await tasks(cleanups, count)) };
    }),
  rows,
) satisfies Benchmark[];
