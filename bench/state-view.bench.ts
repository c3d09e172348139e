import { userName } from '@meseta/system';
import { get } from './answers.ts';
import type { Benchmark, Effort } from './benchmark.ts';
import { knownFramework, ManyAgents } from './many-agents.ts';
import { withCleanups } from './processes/child.ts';
import { scenario } from './scenario.ts';

/** A new master whose agents have told it of so many tasks, and how long `/state` of it takes. */
async function run({ quick }: Effort, tasks: number, flags: readonly string[]) {
  return withCleanups(async cleanups => {
    const agents = quick ? 20 : 200;
    const cluster = await ManyAgents.start(cleanups, agents, flags);
    await cluster.agents.ask('register');
    const tasksPerAgent = (quick ? tasks / 10 : tasks) / agents;
    await cluster.agents.ask('prepareReregistration', { framework: knownFramework(), tasks: tasksPerAgent });
    await cluster.replaceMaster();
    await cluster.agents.ask('reregister');
    await get(`http://${cluster.address}/state`); // compiles what is used
    await cluster.master.ask('watchLoop');
    const start = performance.now();
    const body = await get(`http://${cluster.address}/state`);
    const ms = performance.now() - start;
    const loop = await cluster.master.ask('loopDelay');
    const state: unknown = JSON.parse(body.toString());
    const before = performance.now();
    JSON.stringify(state);
    return { ms, loop, stringify: performance.now() - before };
  });
}

/** Rules with which everyone sees everything, found object by object: the slowest case, since nothing is left out. */
function filters(): string {
  const principals = { type: 'ANY' };
  const users = ['somebody-else', userName()].map(user => ({ principals, users: { values: [user] } }));
  const acls = {
    permissive: false,
    ...{ view_frameworks: users, view_tasks: users, view_executors: users },
    view_roles: [{ principals, roles: { values: ['bench', '*'] } }],
    register_agents: [{ principals, agents: { type: 'ANY' } }],
  };
  return `--acls=${JSON.stringify(acls)}`;
}

function rows(tasks: number, budgetMs: number, what = '', flags: readonly string[] = []): Benchmark[] {
  const name = `/state with ${tasks.toLocaleString('en')} tasks${what}`;
  return scenario(3, effort => run(effort, tasks, flags), [
    {
      name,
      unit: 'ms',
      better: 'less',
      budget: { value: budgetMs },
      note: 'request to last byte; baseline: JSON.stringify of the same, in one go',
      value: ({ ms }) => ms,
      base: ({ stringify }) => stringify,
    },
    {
      name: `${name}, longest event-loop delay of the master`,
      unit: 'ms',
      better: 'less',
      budget: { value: 50 },
      note: 'meanwhile',
      value: ({ loop }) => loop?.maxMs ?? 0,
    },
    {
      name: `${name}, event-loop delay p99 of the master`,
      unit: 'ms',
      better: 'less',
      budget: { value: 50 },
      note: 'meanwhile',
      value: ({ loop }) => loop?.p99Ms ?? 0,
    },
  ]);
}

export default [
  ...rows(10_000, 100),
  ...rows(10_000, 120, ' and a filter for each', [filters()]),
  ...rows(100_000, 1000),
];
