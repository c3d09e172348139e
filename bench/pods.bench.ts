import type { Effort } from './benchmark.ts';
import { startOneAgent } from './one-agent.ts';
import { withCleanups } from './processes/child.ts';
import { scenario } from './scenario.ts';

const program = '/bin/true';
/** Not all at once: each pod holds 32 MB of what the agent offers. */
const outstanding = 64;

export default scenario(
  3,
  ({ quick }: Effort) =>
    withCleanups(async cleanups => {
      const count = quick ? 150 : 1000;
      const { agent, finish } = await startOneAgent(cleanups);
      await finish(count / 10, program, outstanding);
      await finish(count / 10, program, outstanding, true);
      const tasks = await finish(count, program, outstanding);
      await agent.ask('watchLoop');
      const pods = await finish(count, program, outstanding, true);
      const loop = await agent.ask('loopDelay');
      return { tasks: (count / tasks.ms) * 1000, pods: (count / pods.ms) * 1000, loop };
    }),
  [
    {
      name: 'pods on one agent',
      unit: '1/s',
      better: 'more',
      budget: { ratio: 0.7 },
      note: 'of one task, /bin/true, launched, run and finished; baseline: as many command tasks',
      value: ({ pods }) => pods,
      base: ({ tasks }) => tasks,
    },
    {
      name: 'pods on one agent, event-loop delay p99 of the agent',
      unit: 'ms',
      better: 'less',
      budget: { value: 50 },
      note: 'meanwhile',
      value: ({ loop }) => loop?.p99Ms ?? 0,
    },
  ],
);
