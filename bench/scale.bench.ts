/** Ten thousand agents and a hundred thousand running tasks on one master: from the registration to views beside churn. */
import { Agent } from 'node:http';
import { answer } from './answers.ts';
import { bareRequests } from './bare-requests.ts';
import type { Effort } from './benchmark.ts';
import { BenchFramework } from './framework.ts';
import { agentsPerAddress, ManyAgents, noteOnSharing } from './many-agents.ts';
import type { BareHttp } from './processes/bare-http.ts';
import { withCleanups } from './processes/child.ts';
import { offersOfAll, type Step, step } from './scale-steps.ts';
import { type Row, scenario } from './scenario.ts';
import { runTasks } from './tasks-on-agents.ts';
import { perSecond } from './timing.ts';

const tasksPerAgent = 10;
const updatesPerTask = 10;
const agentsOf = ({ quick }: Effort) => (quick ? 1000 : 10_000);

const queries: readonly { readonly path: string; readonly call?: object }[] = [
  ...['/state', '/state-summary', '/slaves', '/tasks?limit=1000', '/frameworks', '/roles', '/metrics/snapshot'].map(
    path => ({ path }),
  ),
  ...['GET_STATE', 'GET_AGENTS', 'GET_TASKS', 'GET_FRAMEWORKS', 'GET_ROLES'].map(type => ({
    path: '/api/v1',
    call: { type },
  })),
];

/** Reads all views, one after another. @returns the time of the first, and of all. */
async function readViews(address: string): Promise<{ first: number; all: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const start = performance.now();
  let first = 0;
  for (const { path, call } of queries) {
    const { status } = await answer(`http://${address}${path}`, { agent }, call);
    if (status !== 200) throw new Error(`${path} ${JSON.stringify(call)} is answered with ${status}`);
    first ||= performance.now() - start;
  }
  agent.destroy();
  return { first, all: performance.now() - start };
}

/** Reads all views again and again while tasks come and go, at least once. */
async function viewsBesideChurn(cluster: ManyAgents, framework: BenchFramework, agents: number) {
  const rounds: { first: number; all: number }[] = [];
  let churning = true;
  const churn = (async () => {
    for (let i = 0; i === 0 || rounds.length === 0; i++) await runTasks(framework, agents, 1, `churn-${i}`);
    churning = false;
  })();
  const read = (async () => {
    while (churning) rounds.push(await readViews(cluster.address));
  })();
  await Promise.all([churn, read]);
  return rounds.reduce((longest, round) => (round.first > longest.first ? round : longest));
}

async function run(effort: Effort) {
  return withCleanups(async cleanups => {
    const agents = agentsOf(effort);
    const perAddress = agentsPerAddress(agents);
    // Offers that are declined or used in part come back soon.
    const cluster = await ManyAgents.start(cleanups, agents, ['--allocation_interval=100ms'], perAddress);
    const bare = cleanups.child<BareHttp>('bare-http.ts');
    const address = await bare.ask('address');
    const post = { count: Math.ceil(agents / perAddress), address, bytes: 700 };
    const connections = await cluster.agents.ask('post', post);
    const requests = effort.quick ? 3000 : 20_000;
    const bareRate = await perSecond(requests, () => bareRequests(address, requests));
    await bare.end();

    const empty = await cluster.master.ask('memory');
    const registration = await step(cluster, async () => (await cluster.agents.ask('register')).ms);
    const registered = await cluster.master.ask('memory');

    let framework: BenchFramework | undefined;
    const allocation = await step(cluster, async () => {
      const start = performance.now();
      framework = await BenchFramework.subscribe(cluster.address);
      await offersOfAll(framework, agents);
      return performance.now() - start;
    });
    if (!framework) throw new Error('there is no framework');
    const { id } = framework;
    cleanups.add(() => framework?.close());

    const bench = framework;
    const tasks = agents * tasksPerAgent;
    await cluster.agents.ask('script', ['TASK_RUNNING']);
    const launch = await step(cluster, () =>
      perSecond(tasks, () => runTasks(bench, agents, tasksPerAgent, `${id}-long`, 'TASK_RUNNING')),
    );
    const running = await cluster.master.ask('memory');

    await cluster.agents.ask('script', [...Array(updatesPerTask - 1).fill('TASK_RUNNING'), 'TASK_FINISHED']);
    const count = agents * updatesPerTask;
    const updates = await step(cluster, () => perSecond(count, () => runTasks(bench, agents, 1, 'update')));

    await cluster.agents.ask('script', ['TASK_RUNNING', 'TASK_FINISHED']);
    let all = 0;
    const state = await step(cluster, async () => {
      const longest = await viewsBesideChurn(cluster, bench, agents);
      all = longest.all;
      return longest.first;
    });
    const memory = await cluster.master.ask('memory');
    return {
      ...{ connections: connections.ms, bareRate, registration, allocation, launch, updates, state, all },
      perAgentKiB: (registered.heap - empty.heap) / agents / 1024,
      perTaskKiB: (running.heap - registered.heap) / tasks / 1024,
      pss: memory.pss,
    };
  });
}

type Results = Awaited<ReturnType<typeof run>>;

/** Lines for what a step was like for others. */
function beside(name: string, stepOf: (results: Results) => Step, budgetMs?: number): Row<Results>[] {
  const line = { unit: 'ms', better: 'less' } as const;
  return [
    {
      ...{ ...line, name: `${name}, answers`, note: 'longest wait for /health meanwhile' },
      ...(budgetMs !== undefined && { budget: { value: budgetMs } }),
      value: results => stepOf(results).answer,
    },
    {
      ...{ ...line, name: `${name}, event-loop delay p99 of the master`, note: 'meanwhile', budget: { value: 50 } },
      value: results => stepOf(results).loop.p99Ms,
    },
  ];
}

const registrationName = 'scale: registration of 10,000 agents';
const allocationName = 'scale: offers of 10,000 agents to a new framework';
const launchName = 'scale: launch of 100,000 tasks';
const updatesName = 'scale: status updates with 100,000 tasks';
const stateName = 'scale: /state with 100,000 tasks while 10,000 others come and go';

const lines = scenario(1, run, [
  {
    name: registrationName,
    unit: 'ms',
    better: 'less',
    budget: { value: 4000 },
    note: () => noteOnSharing('1,000 with --quick; baseline: connections to a bare server with a POST each', 10_000),
    value: ({ registration }) => registration.value,
    base: ({ connections }) => connections,
  },
  ...beside(registrationName, ({ registration }) => registration, 250),
  {
    name: 'scale: memory of an agent in the master',
    unit: 'KiB',
    better: 'less',
    note: 'objects alive after a collection',
    value: ({ perAgentKiB }) => perAgentKiB,
  },
  {
    name: allocationName,
    unit: 'ms',
    better: 'less',
    note: 'from SUBSCRIBE to the last offer',
    value: ({ allocation }) => allocation.value,
  },
  ...beside(allocationName, ({ allocation }) => allocation, 250),
  {
    name: launchName,
    unit: '1/s',
    better: 'more',
    budget: { value: 5000 },
    note: 'until TASK_RUNNING, acknowledged; baseline: POSTs to bare node:http',
    value: ({ launch }) => launch.value,
    base: ({ bareRate }) => bareRate,
  },
  ...beside(launchName, ({ launch }) => launch),
  {
    name: 'scale: memory of a running task in the master',
    unit: 'KiB',
    better: 'less',
    note: 'objects alive after a collection',
    value: ({ perTaskKiB }) => perTaskKiB,
  },
  {
    name: updatesName,
    unit: '1/s',
    better: 'more',
    budget: { value: 10_000 },
    note: `${updatesPerTask} of each of 10,000 tasks, launched meanwhile; baseline: POSTs to bare node:http`,
    value: ({ updates }) => updates.value,
    base: ({ bareRate }) => bareRate,
  },
  ...beside(updatesName, ({ updates }) => updates),
  {
    name: stateName,
    unit: 'ms',
    better: 'less',
    note: 'the longest; each is followed by the other views',
    value: ({ state }) => state.value,
  },
  {
    name: 'scale: all views of 100,000 tasks, one after another, while tasks come and go',
    unit: 'ms',
    better: 'less',
    note: `${queries.length} of them, the large ones twice: as endpoint and as call`,
    value: ({ all }) => all,
  },
  ...beside(stateName, ({ state }) => state),
  {
    name: 'scale: memory of the master after all that',
    unit: 'MiB',
    better: 'less',
    budget: { value: 1024 },
    note: 'after a collection',
    value: ({ pss }) => pss / 1024 / 1024,
  },
]);

export default lines.map(line => ({ ...line, minutes: 10 }));
