/** An agent with hundreds of isolated containers: it is killed and starts again, and their usage is asked for. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Effort } from './benchmark.ts';
import { cgroupRoots, isolated, isolation, needsRoot as notRun } from './isolated-agent.ts';
import { startedAgain } from './one-agent-figures.ts';
import { withCleanups } from './processes/child.ts';
import { scenario } from './scenario.ts';
import { launchSleeping } from './sleeping-tasks.ts';
import { repeated, timed } from './timing.ts';

const containers = (quick: boolean) => (quick ? 50 : 500);

/** As a program would do it that only wants the numbers of the kernel. */
async function readAllGroups(): Promise<void> {
  for (const root of cgroupRoots()) {
    const groups = (await readdir(root, { withFileTypes: true })).filter(each => each.isDirectory());
    for (const { name } of groups) {
      for (const file of ['memory.stat', 'memory.usage_in_bytes', 'cpuacct.stat', 'cpu.stat']) {
        await readFile(join(root, name, file)).catch(() => undefined); // of another hierarchy
      }
    }
  }
}

async function askForUsage(port: number, count: number): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/containers`);
  const found = (await answer.json()) as { statistics?: { mem_rss_bytes?: number } }[];
  // The kernel adds it up now and then: it may still be zero.
  const measured = found.filter(({ statistics }) => statistics?.mem_rss_bytes !== undefined).length;
  if (measured < count) throw new Error(`only ${measured} of ${count} containers are measured`);
}

export default scenario(
  1,
  ({ quick }: Effort) =>
    withCleanups(async cleanups => {
      const count = containers(quick);
      const cluster = await isolated(cleanups, { info: { checkpoint: true } });
      await cluster.agent.end('kill');
      const { ms: empty, agent: idle } = await startedAgain(cluster);
      await launchSleeping(cluster, count);
      await idle.end('kill');
      const { ms: recovery, agent } = await startedAgain(cluster);
      const port = await agent.ask('port');
      await askForUsage(port, count);
      await agent.ask('watchLoop');
      const poll = await repeated(quick ? 3 : 15, () => timed(() => askForUsage(port, count)));
      const loop = await agent.ask('loopDelay');
      const read = await repeated(quick ? 3 : 15, () => timed(readAllGroups));
      return { empty, recovery, poll, read, loop };
    }),
  [
    {
      name: 'isolated containers, recovery of 500',
      unit: 'ms',
      better: 'less',
      budget: { value: 2000 },
      note: `from the start of an agent that was killed until it has registered again (50 with --quick), with ${isolation}; baseline: the same agent without containers`,
      notRun,
      value: ({ recovery }) => recovery,
      base: ({ empty }) => empty,
    },
    {
      name: 'isolated containers, usage of 500',
      unit: 'ms',
      better: 'less',
      note: 'one GET /containers (50 with --quick); baseline: reading four files of each cgroup, one after another',
      notRun,
      value: ({ poll }) => poll,
      base: ({ read }) => read,
    },
    {
      name: 'isolated containers, usage of 500, event-loop delay p99 of the agent',
      unit: 'ms',
      better: 'less',
      budget: { value: 50 },
      note: 'while it is asked for again and again',
      notRun,
      value: ({ loop }) => loop?.p99Ms ?? 0,
    },
  ],
);
