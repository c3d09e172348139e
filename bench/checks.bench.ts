/** An agent with thousands of tasks that are all checked each second, and what that leaves of its event loop. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CheckInfo, HealthCheck, TaskInfo } from '@meseta/protocol';
import type { Effort } from './benchmark.ts';
import { commandTask, taskCpus } from './framework.ts';
import { type OneAgent, startOneAgent } from './one-agent.ts';
import { startedAgain } from './one-agent-figures.ts';
import type { CheckedService } from './processes/checked.ts';
import { withCleanups } from './processes/child.ts';
import { scenario } from './scenario.ts';

/** Shells take longer: they are checked every ten seconds. */
const commandIntervalSeconds = 10;
const times = { delay_seconds: 0, interval_seconds: 1, timeout_seconds: 20 };

const numbers = (quick: boolean) =>
  quick ? { network: 200, command: 20, ms: 3000 } : { network: 2000, command: 300, ms: 20_000 };

type Task = Omit<TaskInfo, 'agent_id'>;

/** Half of them are asked for a page, and half connected to. */
function networkTask(index: number, port: number): Task {
  const health_check: HealthCheck =
    index % 2 === 0 ? { ...times, type: 'HTTP', http: { port, path: '/' } } : { ...times, type: 'TCP', tcp: { port } };
  return { ...commandTask(`network-${index}`, '/bin/sleep', '3600'), health_check };
}

function commandCheckTask(index: number): Task {
  const check: CheckInfo = {
    ...{ ...times, type: 'COMMAND', interval_seconds: commandIntervalSeconds },
    command: { command: { shell: false, value: '/bin/true', arguments: ['true'] } },
  };
  return { ...commandTask(`command-${index}`, '/bin/sleep', '3600'), check };
}

/** Resolves when all have passed a check. */
async function launchAll({ framework }: OneAgent, tasks: readonly Task[]): Promise<void> {
  const { promise: passed, resolve, reject } = Promise.withResolvers<void>();
  let left = tasks.length;
  framework.onStatus = ({ state, message, healthy, check_status, task_id }) => {
    if (healthy === true || check_status?.command?.exit_code === 0) {
      if (--left === 0) resolve();
    } else if ((state !== 'TASK_RUNNING' && state !== 'TASK_STARTING') || healthy === false) {
      reject(new Error(`${task_id.value} is ${state}: ${message}`));
    }
  };
  const offers = await framework.offered(tasks.length * taskCpus);
  framework.launch(offers, tasks);
  await passed;
}

export default scenario(
  1,
  ({ quick }: Effort) =>
    withCleanups(async cleanups => {
      const { network, command, ms } = numbers(quick);
      const service = cleanups.child<CheckedService>('checked.ts');
      const port = await service.ask('port');
      const cluster = await startOneAgent(cleanups, { info: { checkpoint: true } });
      await launchAll(cluster, [
        ...Array.from({ length: network }, (_, index) => networkTask(index, port)),
        ...Array.from({ length: command }, (_, index) => commandCheckTask(index)),
      ]);
      let statuses = 0;
      cluster.framework.onStatus = () => void statuses++;
      const watched = async (agent: OneAgent['agent']) => {
        await agent.ask('watchLoop');
        const before = { connections: await service.ask('connections'), cpu: await agent.ask('cpuMs') };
        const start = performance.now();
        await sleep(ms);
        const seconds = (performance.now() - start) / 1000;
        const loop = await agent.ask('loopDelay');
        const rate = ((await service.ask('connections')) - before.connections) / seconds;
        return { loop, rate, cores: ((await agent.ask('cpuMs')) - before.cpu) / 1000 / seconds };
      };
      const steady = await watched(cluster.agent);
      if (statuses > 0) throw new Error(`${statuses} statuses while nothing changed`);
      await cluster.agent.end('kill');
      const { agent: again } = await startedAgain(cluster);
      const resumed = await watched(again);
      if (statuses > 0) throw new Error(`${statuses} statuses after a restart that changed nothing`);
      return { steady, resumed, nominal: network };
    }),
  [
    {
      name: 'checks of 2,300 tasks',
      unit: '1/s',
      better: 'more',
      budget: { ratio: 0.8 },
      note: 'half HTTP, half TCP, each a second after the one before (200 with --quick), and 300 commands every 10 s; baseline: their number',
      value: ({ steady }) => steady.rate,
      base: ({ nominal }) => nominal,
    },
    {
      name: 'checks of 2,300 tasks, event-loop delay p99 of the agent',
      unit: 'ms',
      better: 'less',
      budget: { value: 50 },
      note: 'meanwhile',
      value: ({ steady }) => steady.loop?.p99Ms ?? 0,
    },
    {
      name: 'checks of 2,300 tasks, longest event-loop delay of the agent',
      unit: 'ms',
      better: 'less',
      note: 'meanwhile',
      value: ({ steady }) => steady.loop?.maxMs ?? 0,
    },
    {
      name: 'checks of 2,300 tasks, processor cores of the agent',
      unit: 'cores',
      better: 'less',
      note: 'all its threads, meanwhile',
      value: ({ steady }) => steady.cores,
    },
    {
      name: 'checks of 2,300 tasks, event-loop delay p99 of an agent that starts again',
      unit: 'ms',
      better: 'less',
      budget: { value: 50 },
      note: 'from its registration on, when all checks begin at once',
      value: ({ resumed }) => resumed.loop?.p99Ms ?? 0,
    },
    {
      name: 'checks of 2,300 tasks, longest event-loop delay of an agent that starts again',
      unit: 'ms',
      better: 'less',
      note: 'the same',
      value: ({ resumed }) => resumed.loop?.maxMs ?? 0,
    },
  ],
);
