/** An agent with hundreds of tasks is killed and starts again. */
import type { Effort } from './benchmark.ts';
import { startOneAgent } from './one-agent.ts';
import { startedAgain } from './one-agent-figures.ts';
import { withCleanups } from './processes/child.ts';
import { scenario } from './scenario.ts';
import { launchSleeping } from './sleeping-tasks.ts';

const tasks = (quick: boolean) => (quick ? 50 : 500);

/** Fails unless the agent has all tasks running. */
async function assertRunning(port: number, count: number): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/state`);
  const { frameworks } = (await answer.json()) as State;
  const running = frameworks.flatMap(({ executors }) => executors.flatMap(executor => executor.tasks));
  const found = running.filter(({ state }) => state === 'TASK_RUNNING').length;
  if (found !== count) throw new Error(`${found} of ${count} tasks are running after the recovery`);
}

interface State {
  readonly frameworks: { readonly executors: { readonly tasks: { readonly state: string }[] }[] }[];
}

export default scenario(
  3,
  ({ quick }: Effort) =>
    withCleanups(async cleanups => {
      const count = tasks(quick);
      const cluster = await startOneAgent(cleanups, { info: { checkpoint: true } });
      await cluster.agent.end('kill');
      const { ms: empty, agent: idle } = await startedAgain(cluster);
      const emptyCpu = await idle.ask('cpuMs');
      await launchSleeping(cluster, count);
      await idle.end('kill');
      const { ms: recovery, agent } = await startedAgain(cluster);
      const cpu = (await agent.ask('cpuMs')) - emptyCpu;
      const loop = await agent.ask('startDelay');
      await assertRunning(await agent.ask('port'), count);
      return { empty, recovery, cpu, loop };
    }),
  [
    {
      name: 'recovery of 500 tasks',
      unit: 'ms',
      better: 'less',
      budget: { value: 2000 },
      note: 'from the start of an agent that was killed until it has registered again with all of them (50 with --quick); baseline: the same agent without tasks',
      value: ({ recovery }) => recovery,
      base: ({ empty }) => empty,
    },
    {
      name: 'recovery of 500 tasks, processor time',
      unit: 'ms',
      better: 'less',
      note: 'of the agent, more than without tasks',
      value: ({ cpu }) => cpu,
    },
    {
      name: 'recovery of 500 tasks, longest delay of the event loop',
      unit: 'ms',
      better: 'less',
      budget: { value: 100 },
      note: 'of the agent, from its start to the registration',
      value: ({ loop }) => loop.maxMs,
    },
  ],
);
