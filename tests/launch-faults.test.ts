/**
 * Something goes wrong at a step of a launch or an end: the agent is killed before or after a change on disk or a message to
 * a helper or a peer, a process that takes part is killed, or a change on disk fails. Each task ends once with a legal history,
 * its resources are free again, and nothing is left. `FAULTS_SEED` chooses other steps and faults, `FAULTS_EVERY=1`
 * takes them all, `FAULTS_ONLY` is the name of one way.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import type { AgentCall, ContainerID, Volume } from '@meseta/protocol';
import { all, eventually, needs } from '@meseta/system/testing';
import { needsBusybox, writeBusyboxImage } from './support/busybox-image.ts';
import { CgroupsRoot } from './support/cgroups.ts';
import type { Flags } from './support/daemon.ts';
import { executorTask } from './support/executor-task.ts';
import { type Fault, faultNames } from './support/faults/plan.ts';
import { FaultScene, type Way } from './support/faults/scene.ts';
import { shellTask } from './support/framework.ts';
import { Random } from './support/random.ts';
import { isEnd } from './support/task-history.ts';

const seed = Number(process.env.FAULTS_SEED ?? 1);
const every = Number(process.env.FAULTS_EVERY ?? 0);
const isWanted = ({ name }: Way) => [undefined, name].includes(process.env.FAULTS_ONLY);

const kill = ({ framework }: FaultScene, id: string) =>
  framework.call({ type: 'KILL', kill: { task_id: { value: id } } });

async function shutDown({ cluster, framework }: FaultScene, executor: string): Promise<void> {
  const [{ id = '' } = {}] = await cluster.slaves();
  const shutdown = { executor_id: { value: executor }, agent_id: { value: id } };
  await framework.call({ type: 'SHUTDOWN', shutdown });
}

const custom = (name: string): Way => ({
  name,
  launch: ({ framework }, id) => {
    const task = executorTask(framework, id, `../../packages/agent/src/testing/${name}.ts`);
    return framework.run({ ...task, data: Buffer.from('end').toString('base64') });
  },
  end: async (scene, id) => {
    if (scene.framework.statusesOf(id).some(isEnd)) await shutDown(scene, id); // it waits for more tasks
  },
});

const health_check = {
  ...{ type: 'COMMAND' as const, command: { value: 'true' } },
  ...{ delay_seconds: 0, interval_seconds: 0.05 },
};

const ways: readonly Way[] = [
  {
    name: 'command',
    launch: async (scene, id) => {
      const file = path.join(scene.cluster.directory, 'fetched');
      writeFileSync(file, 'content');
      const { command, ...task } = scene.task(id, 'grep -q content fetched');
      const uris = [{ value: file, cache: true }];
      await scene.framework.run({ ...task, command: { ...command, uris } });
    },
  },
  {
    name: 'checked',
    launch: (scene, id) => scene.framework.run(scene.task(id, 'sleep 0.15', { health_check })),
  },
  {
    name: 'killed',
    launch: (scene, id) => scene.framework.run(scene.task(id, 'exec sleep 600')),
    end: async (scene, id) => {
      if (scene.framework.statesOf(id).includes('TASK_RUNNING')) await kill(scene, id);
    },
  },
  {
    name: 'pod',
    tasks: ['', '-second'],
    launch: (scene, id) => scene.framework.runGroup(id, scene.task(id, 'exit 0'), scene.task(`${id}-second`, 'exit 0')),
  },
  {
    name: 'failing-pod',
    tasks: ['', '-second'],
    launch: (scene, id) =>
      scene.framework.runGroup(id, scene.task(id, 'sleep 0.1; exit 3'), scene.task(`${id}-second`, 'exec sleep 600')),
  },
  custom('http-executor'),
  custom('driver-executor'),
  inParent('session', async (scene, container_id) => {
    const command = { value: scene.line(container_id.value, 'echo out; sleep 0.1; exit 3') };
    const launch_nested_container_session = { container_id, command };
    const launch = { type: 'LAUNCH_NESTED_CONTAINER_SESSION' as const, launch_nested_container_session };
    await call(scene, launch, 'application/recordio');
  }),
  {
    name: 'stand-alone',
    tasks: [],
    launch: async (scene, value) => {
      const command = { value: scene.line(value, 'sleep 0.1; exit 3') };
      await call(scene, { type: 'LAUNCH_CONTAINER', launch_container: { container_id: { value }, command } });
    },
    end: (scene, value) => remove(scene, { value }),
  },
];

const isolation = 'filesystem/linux,namespaces/pid,namespaces/ipc,cgroups/cpu,cgroups/mem,docker/runtime';

/** With namespaces and cgroups. */
const isolatedWays: readonly Way[] = [
  {
    name: 'image',
    launch: (scene, id) => {
      const { cluster, framework } = scene;
      const volumes: Volume[] = [
        { host_path: cluster.directory, container_path: '/faults', mode: 'RW' },
        {
          container_path: 'own',
          mode: 'RW',
          source: { type: 'SANDBOX_PATH', sandbox_path: { type: 'SELF', path: 'o' } },
        },
      ];
      const mesos = { image: { type: 'DOCKER' as const, docker: { name: 'busybox' } } };
      const value = scene.line(id, 'true', '/faults');
      return framework.run(shellTask(id, value, { container: { type: 'MESOS', mesos, volumes }, health_check }));
    },
  },
  {
    name: 'isolated-pod',
    tasks: ['', '-second'],
    launch: (scene, id) =>
      scene.framework.runGroup(id, scene.task(id, 'sleep 0.1'), scene.task(`${id}-second`, 'exit 3')),
  },
];

/** Makes a call of the agent, and reads all of the answer. @returns its status. */
async function call({ cluster }: FaultScene, call: AgentCall, accept = 'application/json'): Promise<number> {
  const headers = { 'Content-Type': 'application/json', Accept: accept };
  const answer = await fetch(`${cluster.agent.origin}/api/v1`, { method: 'POST', headers, body: JSON.stringify(call) });
  await answer.bytes();
  return answer.status;
}

const remove = (scene: FaultScene, container_id: ContainerID) =>
  call(scene, { type: 'REMOVE_CONTAINER', remove_container: { container_id } });

/** In the container of a task that stays. */
function inParent(name: string, launch: (scene: FaultScene, id: ContainerID) => Promise<unknown>): Way {
  const idOf = ({ framework }: FaultScene, value: string): ContainerID => {
    const [running] = framework.statusesOf('parent').filter(({ state }) => state === 'TASK_RUNNING');
    const parent = running?.container_status?.container_id;
    assert.ok(parent);
    return { value, parent };
  };
  return {
    name,
    tasks: [],
    prepare: async scene => {
      await scene.framework.run(shellTask('parent', 'exec sleep 100000'));
      await scene.framework.reaches('parent', 'TASK_RUNNING');
      const first = idOf(scene, 'first'); // with it, directories are made that stay
      await launch(scene, first);
      await eventually('the end of the first one', async () => (await remove(scene, first)) !== 500);
    },
    launch: async (scene, id) => {
      await launch(scene, idOf(scene, id));
    },
    end: (scene, id) => remove(scene, idOf(scene, id)),
  };
}

const kills: readonly Fault[] = ['spawner', 'shim', 'task'];
const errors = faultNames.filter(name => /^E/.test(name));

async function faultsOn(t: TestContext, way: Way, flags: Flags = {}): Promise<void> {
  t.diagnostic(`seed ${seed}`);
  const random = new Random(seed);
  const scene = await FaultScene.start(t, flags);
  await scene.warmUp(way);
  const steps = await scene.go(way, { step: 1e6 });
  assert.ok(steps > 10, `${steps} steps`);
  t.diagnostic(`${steps} steps`);
  const stride = every || Math.ceil(steps / 3);
  for (let step = 1 + random.below(stride); step <= steps; step += stride) {
    await scene.go(way, { step, fault: 'agent', after: random.below(2) === 1 });
  }
  if (every === 0) {
    for (const faults of [kills, errors]) {
      await scene.go(way, { step: 1 + random.below(steps), fault: random.pick(faults) });
    }
    return;
  }
  for (const fault of [...kills, ...errors]) {
    for (let step = 1; step <= steps; step += every * 3) await scene.go(way, { step, fault });
  }
}

suite('faults at the steps of', { concurrency: 2 }, () => {
  for (const way of ways.filter(isWanted)) test(way.name, t => faultsOn(t, way));

  const need = all(needs.root('the linux launcher makes mounts'), needs.mounting('images are mounted'), needsBusybox);
  for (const way of isolatedWays.filter(isWanted)) {
    test(way.name, need, t => {
      const images = mkdtempSync(path.join(tmpdir(), 'images-'));
      t.after(() => rmSync(images, { recursive: true }));
      writeBusyboxImage(images, 'busybox');
      const { name } = new CgroupsRoot(t);
      const store = { docker_registry: images, docker_store_dir: path.join(images, 'store') };
      return faultsOn(t, way, { isolation, cgroups_root: name, image_providers: 'DOCKER', ...store });
    });
  }
});
