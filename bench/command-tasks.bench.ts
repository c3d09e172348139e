import { availableParallelism } from 'node:os';
import type { Benchmark, Effort } from './benchmark.ts';
import { type OneAgent, startOneAgent } from './one-agent.ts';
import { growthPerTask, launchToRunning, pidsNamed } from './one-agent-figures.ts';
import { pssOf } from './proc.ts';
import { Cleanups, withCleanups } from './processes/child.ts';
import { scenario } from './scenario.ts';
import { median, repeated, spawned, timed } from './timing.ts';

const root = new URL('..', import.meta.url).pathname;
const program = '/bin/true';

let idle: Promise<{ cluster: OneAgent; cleanups: Cleanups }> | undefined;
const launch: Benchmark = {
  name: 'launch to TASK_RUNNING',
  unit: 'ms',
  better: 'less',
  budget: { value: 25 },
  note: 'one task on an idle cluster, ACCEPT to UPDATE; baseline: spawning the program, to its exit',
  baseline: ({ quick }) => repeated(quick ? 5 : 20, () => timed(() => spawned(program))),
  async measure({ quick }) {
    idle ??= (async () => {
      const cleanups = new Cleanups();
      return { cleanups, cluster: await startOneAgent(cleanups) };
    })();
    const { cluster } = await idle;
    return repeated(quick ? 5 : 20, () => launchToRunning(cluster, program));
  },
  close: async () => (await idle)?.cleanups.run(),
};

const firstMinute: Benchmark = {
  name: "meseta run 'true'",
  unit: 'ms',
  better: 'less',
  budget: { value: 1000 },
  note: 'embedded cluster, whole process from prompt to exit; baseline: node -e 0',
  baseline: () => timed(() => spawned(process.execPath, ['-e', '0'])),
  measure: () =>
    timed(async () => {
      const [code] = await spawned(`${root}meseta`, ['run', 'true']);
      if (code !== 0) throw new Error(`meseta run exited with ${code}`);
    }),
};

/** Programs a second when nobody looks after them: loops of shells that do nothing else. */
async function spawnRate(count: number, shells: number): Promise<number> {
  const loop = `i=0; while [ $i -lt ${Math.ceil(count / shells)} ]; do ${program}; i=$((i+1)); done`;
  const ms = await timed(() => Promise.all(Array.from({ length: shells }, () => spawned('/bin/sh', ['-c', loop]))));
  return (count / ms) * 1000;
}

const rate = scenario(
  3,
  ({ quick }: Effort) =>
    withCleanups(async cleanups => {
      const count = quick ? 300 : 2000;
      const bare = await spawnRate(count, 1);
      const everyCore = await spawnRate(count, availableParallelism());
      const { master, agent, finish } = await startOneAgent(cleanups);
      await finish(count / 10, program);
      await Promise.all([master.ask('watchLoop'), agent.ask('watchLoop')]);
      const { ms } = await finish(count, program);
      const [masterLoop, agentLoop] = await Promise.all([master.ask('loopDelay'), agent.ask('loopDelay')]);
      return { bare, everyCore, rate: (count / ms) * 1000, masterLoop, agentLoop };
    }),
  [
    {
      name: 'tasks on one agent',
      unit: '1/s',
      better: 'more',
      budget: { ratio: 0.5 },
      note: 'launched, run and finished, /bin/true; baseline: a shell that does nothing but run it',
      value: ({ rate }) => rate,
      base: ({ bare }) => bare,
    },
    {
      name: 'tasks on one agent, of all the machine could do',
      unit: '1/s',
      better: 'more',
      note: 'the same; baseline: such a shell on each core',
      value: ({ rate }) => rate,
      base: ({ everyCore }) => everyCore,
    },
    {
      name: 'tasks on one agent, event-loop delay p99 of the agent',
      unit: 'ms',
      better: 'less',
      budget: { value: 50 },
      note: 'meanwhile',
      value: ({ agentLoop }) => agentLoop?.p99Ms ?? 0,
    },
    {
      name: 'tasks on one agent, event-loop delay p99 of the master',
      unit: 'ms',
      better: 'less',
      budget: { value: 50 },
      note: 'meanwhile',
      value: ({ masterLoop }) => masterLoop?.p99Ms ?? 0,
    },
  ],
);

const MIB = 1024 * 1024;

const memory = scenario(
  3,
  ({ quick }: Effort) =>
    withCleanups(async cleanups => {
      const count = quick ? 50 : 200;
      const cluster = await startOneAgent(cleanups);
      const { master, agent } = cluster;
      await cluster.finish(20, program);
      const base = { master: (await master.ask('memory')).pss, agent: (await agent.ask('memory')).pss };
      const perTask = await growthPerTask(cluster, count);
      const sleepers = pidsNamed('sleep').map(pssOf);
      return { perTask, task: median(sleepers), ...base };
    }),
  [
    {
      name: 'memory of a running command task',
      unit: 'MiB',
      better: 'less',
      budget: { value: 2 },
      note: 'growth of agent and shims, shared pages in proportion; baseline: the task itself, sleep',
      value: ({ perTask }) => perTask / MIB,
      base: ({ task }) => task / MIB,
    },
    {
      name: 'memory of an agent',
      unit: 'MiB',
      better: 'less',
      note: 'after 20 tasks',
      value: ({ agent }) => agent / MIB,
    },
    {
      name: 'memory of a master',
      unit: 'MiB',
      better: 'less',
      note: 'after 20 tasks',
      value: ({ master }) => master / MIB,
    },
  ],
);

const remembered = 50;

const growth = scenario(
  1,
  ({ quick }: Effort) =>
    withCleanups(async cleanups => {
      const { master, agent, finish } = await startOneAgent(cleanups, { history: remembered });
      const heaps = async () => ({
        agent: (await agent.ask('memory')).heap,
        master: (await master.ask('memory')).heap,
      });
      const rounds = quick ? 2 : 10;
      const tasks = quick ? 200 : 1000;
      await finish(tasks, program); // compiles, fills histories
      const before = await heaps();
      for (let round = 0; round < rounds; round++) await finish(tasks, program);
      const after = await heaps();
      return { agent: after.agent - before.agent, master: after.master - before.master, before };
    }),
  [
    {
      name: 'heap of an agent, growth by 10,000 tasks that ended',
      unit: 'MiB',
      better: 'less',
      budget: { value: 1 },
      note: 'after collections, 50 tasks remembered; baseline: all of it, before',
      value: ({ agent }) => agent / MIB,
      base: ({ before }) => before.agent / MIB,
    },
    {
      name: 'heap of a master, growth by 10,000 tasks that ended',
      unit: 'MiB',
      better: 'less',
      budget: { value: 1 },
      note: 'after collections, 50 tasks remembered; baseline: all of it, before',
      value: ({ master }) => master / MIB,
      base: ({ before }) => before.master / MIB,
    },
  ],
);

export default [launch, firstMinute, ...rate, ...memory, ...growth];
