/** Tasks in containers of a Docker engine, beside the calls of its API that no agent can do without. */
import { busybox, needsDocker, startDockerEngine, type TestEngine } from '@meseta/containers/testing/docker';
import type { TaskInfo } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import type { Effort } from './benchmark.ts';
import { commandTask } from './framework.ts';
import { startOneAgent } from './one-agent.ts';
import { type Cleanups, withCleanups } from './processes/child.ts';
import { scenario } from './scenario.ts';
import { launchSleeping } from './sleeping-tasks.ts';
import { median } from './timing.ts';

const notRun = () => (typeof needsDocker.skip === 'string' ? needsDocker.skip : undefined);

/** Containers at a time. More make the engine no faster on a small machine. */
const outstanding = 8;

/** Arguments of Docker tasks come after their program; they do not begin with its name. */
const dockerTask = (name: string, value: string, ...args: string[]): Omit<TaskInfo, 'agent_id'> => ({
  ...commandTask(name, ''),
  command: { shell: false, value, arguments: args },
  container: { type: 'DOCKER', docker: { image: busybox, network: 'NONE' } },
});

interface Figures {
  /** A second. */
  readonly rate: number;
  /** Milliseconds from the request until it runs: the median. */
  readonly latency: number;
}

/** Creates, starts, waits for and removes containers, as a program does that knows of nothing else. */
async function bare({ client: { containers } }: TestEngine, count: number, prefix: string): Promise<Figures> {
  const latencies: number[] = [];
  let next = 0;
  const work = async () => {
    while (next < count) {
      const begin = performance.now();
      const { id } = await containers.create(`${prefix}-${next++}`, {
        Image: busybox,
        Entrypoint: ['/bin/true'],
        HostConfig: { NetworkMode: 'none', Memory: 32 * 1024 ** 2, CpuShares: 10 },
      });
      await containers.start(id);
      latencies.push(performance.now() - begin);
      await containers.wait(id);
      await containers.remove(id);
    }
  };
  const begin = performance.now();
  await Promise.all(Array.from({ length: outstanding }, work));
  return { rate: (count / (performance.now() - begin)) * 1000, latency: median(latencies) };
}

/** Starts an agent that uses an engine. */
const start = (cleanups: Cleanups, { host }: TestEngine) =>
  startOneAgent(cleanups, {
    flags: ['--containerizers=docker', `--docker_host=${host}`, '--docker_remove_delay=0secs'],
  });

type Scene = Awaited<ReturnType<typeof start>>;

/** Runs tasks until the engine has nothing of them any more. */
async function tasks({ finish, framework }: Scene, engine: TestEngine, count: number): Promise<Figures> {
  const begun = new Map<string, number>();
  const latencies: number[] = [];
  const named = (name: string) => {
    begun.set(name, performance.now());
    return dockerTask(name, '/bin/true');
  };
  const watch = () => {
    const { onStatus } = framework;
    framework.onStatus = status => {
      if (status.state === 'TASK_RUNNING') latencies.push(performance.now() - (begun.get(status.task_id.value) ?? 0));
      onStatus(status);
    };
  };
  const begin = performance.now();
  const finished = finish(count, named, outstanding);
  watch();
  await finished;
  await eventually('the removal of all', async () => (await engine.client.containers.list({ all: true })).length === 0);
  return { rate: (count / (performance.now() - begin)) * 1000, latency: median(latencies) };
}

export default scenario(
  3,
  ({ quick }: Effort) =>
    withCleanups(async cleanups => {
      const engine = await startDockerEngine();
      cleanups.add(() => engine.stop());
      const [count, many] = quick ? [8, 8] : [48, 100];
      const scene = await start(cleanups, engine);
      await bare(engine, count / 4, 'first');
      await tasks(scene, engine, count / 4);
      const plain = await bare(engine, count, 'plain');
      const own = await tasks(scene, engine, count);
      const { agent } = scene;
      const before = await agent.ask('memory');
      await agent.ask('watchLoop');
      await launchSleeping(scene, many, name => dockerTask(name, '/bin/sleep', '3600'));
      const loop = await agent.ask('loopDelay');
      const { pss } = await agent.ask('memory');
      const memory = (pss - before.pss) / many;
      return { plain, own, loop, memory };
    }),
  [
    {
      name: 'Docker tasks on one agent',
      unit: '1/s',
      better: 'more',
      budget: { ratio: 0.77 },
      note: `/bin/true, launched, run and removed, ${outstanding} at a time; baseline: create, start, wait and remove by the API of the same engine`,
      minutes: 10,
      notRun,
      value: ({ own }) => own.rate,
      base: ({ plain }) => plain.rate,
    },
    {
      name: 'Docker tasks on one agent, latency to TASK_RUNNING',
      unit: 'ms',
      better: 'less',
      budget: { ratio: 1.3 },
      note: 'meanwhile, from the call of the framework; baseline: create and start',
      minutes: 10,
      notRun,
      value: ({ own }) => own.latency,
      base: ({ plain }) => plain.latency,
    },
    {
      name: 'Docker tasks, memory of the agent for each',
      unit: 'KiB',
      better: 'less',
      budget: { value: 256 },
      note: '100 that sleep (8 with --quick), shared pages in proportion, after a collection of garbage',
      minutes: 10,
      notRun,
      value: ({ memory }) => memory / 1024,
    },
    {
      name: 'Docker tasks, 100 at once, event-loop delay p99 of the agent',
      unit: 'ms',
      better: 'less',
      budget: { value: 50 },
      note: 'until all of them run',
      minutes: 10,
      notRun,
      value: ({ loop }) => loop?.p99Ms ?? 0,
    },
  ],
);
