import { bareRequests } from './bare-requests.ts';
import type { Effort } from './benchmark.ts';
import { BenchFramework } from './framework.ts';
import { ManyAgents } from './many-agents.ts';
import type { BareHttp } from './processes/bare-http.ts';
import { withCleanups } from './processes/child.ts';
import type { Subscribers } from './processes/subscribers.ts';
import { scenario } from './scenario.ts';
import { runTasks } from './tasks-on-agents.ts';
import { perSecond } from './timing.ts';

const streams = 50;
const updatesPerTask = 20;

async function run({ quick }: Effort) {
  return withCleanups(async cleanups => {
    const agents = quick ? 200 : 1000;
    const tasksPerAgent = quick ? 10 : 20;
    const server = cleanups.child<BareHttp>('bare-http.ts');
    const bareAddress = await server.ask('address');
    await bareRequests(bareAddress, 1000);
    const requests = quick ? 3000 : 20_000;
    const bareRate = await perSecond(requests, () => bareRequests(bareAddress, requests));
    const subscribers = cleanups.child<Subscribers>('subscribers.ts');
    await subscribers.ask('streams', { address: bareAddress, count: streams });
    const records = quick ? 500 : 4000;
    const bareEvents = await perSecond(records * streams, async () => {
      const all = subscribers.ask('received', records * streams);
      await server.ask('broadcast', { records, bytes: 500 });
      await all;
    });
    await server.end();

    const cluster = await ManyAgents.start(cleanups, agents, [
      '--allocation_interval=100ms',
      '--max_operator_event_stream_subscribers=100',
    ]);
    await cluster.agents.ask('register');
    const framework = await BenchFramework.subscribe(cluster.address);
    cleanups.add(() => framework.close());
    await cluster.master.ask('watchLoop');
    const tasks = agents * tasksPerAgent;
    const cpuBefore = await cluster.master.ask('cpuMs');
    const taskRate = await perSecond(tasks, () => runTasks(framework, agents, tasksPerAgent, 'task'));
    const taskCpu = ((await cluster.master.ask('cpuMs')) - cpuBefore) / tasks;
    const taskLoop = await cluster.master.ask('loopDelay');

    await cluster.agents.ask('script', [...Array(updatesPerTask - 1).fill('TASK_RUNNING'), 'TASK_FINISHED']);
    await cluster.master.ask('watchLoop');
    const updates = agents * updatesPerTask;
    const cpuBeforeUpdates = await cluster.master.ask('cpuMs');
    const updateRate = await perSecond(updates, () => runTasks(framework, agents, 1, 'update'));
    const updateCpu = ((await cluster.master.ask('cpuMs')) - cpuBeforeUpdates) / updates;
    const updateLoop = await cluster.master.ask('loopDelay');

    await cluster.agents.ask('script', ['TASK_RUNNING', 'TASK_FINISHED']);
    await subscribers.ask('subscribe', { address: cluster.address, count: streams });
    await subscribers.ask('reset');
    await cluster.master.ask('watchLoop');
    const events = agents * 2 * 3 * streams; // added, running, finished
    const eventRate = await perSecond(events, async () => {
      const all = subscribers.ask('received', events);
      await Promise.all([runTasks(framework, agents, 2, 'watched'), all]);
    });
    const eventLoop = await cluster.master.ask('loopDelay');
    const bare = { bareRate, bareEvents };
    return { ...bare, taskRate, taskCpu, taskLoop, updateRate, updateCpu, updateLoop, eventRate, eventLoop };
  });
}

const loopDelay = { unit: 'ms', better: 'less', budget: { value: 50 }, note: 'meanwhile' } as const;
export default scenario(2, run, [
  {
    name: 'tasks through a master',
    unit: '1/s',
    better: 'more',
    budget: { value: 5000 },
    note: '20,000 launched, run, finished and acknowledged on 1,000 simulated agents; baseline: POSTs to bare node:http',
    value: ({ taskRate }) => taskRate,
    base: ({ bareRate }) => bareRate,
  },
  {
    name: 'tasks through a master, processor time of the master a task',
    unit: 'ms',
    better: 'less',
    note: 'all threads, garbage collection included; Apache Mesos needs 0.6',
    value: ({ taskCpu }) => taskCpu,
  },
  {
    ...loopDelay,
    name: 'tasks through a master, event-loop delay p99 of the master',
    value: ({ taskLoop }) => taskLoop?.p99Ms ?? 0,
  },
  {
    name: 'status updates through a master',
    unit: '1/s',
    better: 'more',
    budget: { value: 10_000 },
    note: 'each acknowledged before the next of its task; baseline: POSTs a bare node:http server takes',
    value: ({ updateRate }) => updateRate,
    base: ({ bareRate }) => bareRate,
  },
  {
    name: 'status updates through a master, processor time of the master an update',
    unit: 'ms',
    better: 'less',
    note: 'all threads, garbage collection included; its acknowledgement too',
    value: ({ updateCpu }) => updateCpu,
  },
  {
    ...loopDelay,
    name: 'status updates through a master, event-loop delay p99 of the master',
    value: ({ updateLoop }) => updateLoop?.p99Ms ?? 0,
  },
  {
    name: 'operator events',
    unit: '1/s',
    better: 'more',
    budget: { value: 100_000 },
    note: '50 streams while 2,000 tasks come and go; baseline: records of 500 bytes, written to as many streams by a bare server',
    value: ({ eventRate }) => eventRate,
    base: ({ bareEvents }) => bareEvents,
  },
  {
    ...loopDelay,
    name: 'operator events, event-loop delay p99 of the master',
    value: ({ eventLoop }) => eventLoop?.p99Ms ?? 0,
  },
]);
