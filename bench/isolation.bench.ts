/** Tasks in namespaces and cgroups of their own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Effort } from './benchmark.ts';
import { isolated, isolation, needsRoot as notRun, untilDestroyed } from './isolated-agent.ts';
import { growthPerTask, launchToRunning } from './one-agent-figures.ts';
import { withCleanups } from './processes/child.ts';
import { scenario } from './scenario.ts';
import { killSleeping, launchSleeping } from './sleeping-tasks.ts';
import { perSecond, repeated, spawned, timed } from './timing.ts';

const program = '/bin/true';
const MIB = 1024 * 1024;
/** As a person would do it: namespaces by unshare(1), without a cgroup. */
const unshared = ['--pid', '--mount', '--fork', '--mount-proc', program];

const rate = scenario(
  3,
  ({ quick }: Effort) =>
    withCleanups(async cleanups => {
      const count = quick ? 100 : 500;
      const cluster = await isolated(cleanups);
      await cluster.finish(20, program);
      const idle = await repeated(quick ? 5 : 15, () => launchToRunning(cluster, program));
      const bare = await repeated(quick ? 5 : 15, () => timed(() => spawned('unshare', unshared)));
      await cluster.agent.ask('watchLoop');
      const { ms } = await cluster.finish(count, program);
      const loop = await cluster.agent.ask('loopDelay');
      return { idle, bare, rate: (count / ms) * 1000, loop };
    }),
  [
    {
      name: 'isolated tasks on one agent',
      unit: '1/s',
      better: 'more',
      budget: { value: 180 },
      note: `launched, run and finished with ${isolation}; Apache Mesos here 9; baseline: unshare(1) of the same program, one after another`,
      notRun,
      value: ({ rate }) => rate,
      base: ({ bare }) => 1000 / bare,
    },
    {
      name: 'isolated launch to TASK_RUNNING',
      unit: 'ms',
      better: 'less',
      budget: { value: 35 },
      note: 'one task on an idle cluster; Apache Mesos here 140; baseline: unshare(1) of the same program, to its exit',
      notRun,
      value: ({ idle }) => idle,
      base: ({ bare }) => bare,
    },
    {
      name: 'isolated tasks on one agent, event-loop delay p99 of the agent',
      unit: 'ms',
      better: 'less',
      budget: { value: 50 },
      note: 'meanwhile',
      notRun,
      value: ({ loop }) => loop?.p99Ms ?? 0,
    },
  ],
);

const crowd = scenario(
  1,
  ({ quick }: Effort) =>
    withCleanups(async cleanups => {
      const count = quick ? 50 : 200;
      const cluster = await isolated(cleanups);
      await cluster.finish(20, program);
      return { perTask: await growthPerTask(cluster, count) };
    }),
  [
    {
      name: 'memory of a running isolated task',
      unit: 'MiB',
      better: 'less',
      budget: { value: 2 },
      note: 'growth of agent, shims and inits, shared pages in proportion; Apache Mesos 12',
      notRun,
      value: ({ perTask }) => perTask / MIB,
    },
  ],
);

/** Starts a program that sleeps in namespaces of its own. @returns what kills it, and waits until its namespaces are gone. */
async function sleepUnshared(): Promise<() => Promise<unknown>> {
  const argv = ['--pid', '--mount', '--fork', '--kill-child', '--mount-proc', '/bin/sh', '-c', 'echo; exec sleep 3600'];
  const child = spawn('unshare', argv, { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  return () => {
    const closed = once(child, 'close'); // the program has the pipe, too
    child.kill('SIGKILL');
    return closed;
  };
}

const destroyed = scenario(
  3,
  ({ quick }: Effort) =>
    withCleanups(async cleanups => {
      const count = quick ? 50 : 200;
      const cluster = await isolated(cleanups);
      await cluster.finish(20, program);
      await untilDestroyed(cluster);
      await launchSleeping(cluster, count);
      const rate = await perSecond(count, async () => {
        await killSleeping(cluster, count);
        await untilDestroyed(cluster);
      });
      const kills: (() => Promise<unknown>)[] = [];
      for (let i = 0; i < count; i++) kills.push(await sleepUnshared());
      const bare = await perSecond(count, () => Promise.all(kills.map(kill => kill())));
      return { rate, bare };
    }),
  [
    {
      name: 'isolated containers destroyed on one agent',
      unit: '1/s',
      better: 'more',
      note: `200 that run (50 with --quick), with ${isolation}: from KILL, sent for all at once, until each is TASK_KILLED and its cgroups and runtime directory are gone; baseline: as many of unshare(1) with pid and mount namespaces, without a cgroup, killed at once`,
      notRun,
      value: ({ rate }) => rate,
      base: ({ bare }) => bare,
    },
  ],
);

export default [...rate, ...crowd, ...destroyed];
