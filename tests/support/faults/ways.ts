/** The ways of tasks and containers through an agent, at whose steps something goes wrong. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { AgentCall, ContainerID, Volume } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { executorTask } from '../executor-task.ts';
import { shellTask } from '../framework.ts';
import { isEnd } from '../task-history.ts';
import type { FaultScene, Way } from './scene.ts';

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

/** Tasks, on any machine, as any user. */
export const taskWays: readonly Way[] = [
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
];

/** Custom executors and containers that operators launch, on any machine, as any user. */
export const containerWays: readonly Way[] = [
  custom('http-executor'),
  custom('driver-executor'),
  session('session'),
  nested('nested'),
  standAlone('stand-alone'),
];

/** What they need. */
export const isolation = 'filesystem/linux,namespaces/pid,namespaces/ipc,cgroups/cpu,cgroups/mem,docker/runtime';

/** With namespaces and cgroups. */
export const isolatedWays: readonly Way[] = [
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
      scene.framework.runGroup(id, scene.task(id, 'exec sleep 600'), scene.task(`${id}-second`, 'exit 3')),
  },
  session('isolated-session'),
  nested('isolated-nested'),
  standAlone('isolated-stand-alone'),
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

/** A command of an operator's in the container of a task, with its output. */
function session(name: string): Way {
  return inParent(name, async (scene, container_id) => {
    const command = { value: scene.line(container_id.value, 'echo out; sleep 0.1; exit 3') };
    const launch_nested_container_session = { container_id, command };
    const launch = { type: 'LAUNCH_NESTED_CONTAINER_SESSION' as const, launch_nested_container_session };
    await call(scene, launch, 'application/recordio');
  });
}

/** A container that an operator, or an executor, launches in that of a task. */
function nested(name: string): Way {
  return inParent(name, async (scene, container_id) => {
    const command = { value: scene.line(container_id.value, 'sleep 0.1; exit 3') };
    await call(scene, { type: 'LAUNCH_NESTED_CONTAINER', launch_nested_container: { container_id, command } });
  });
}

function standAlone(name: string): Way {
  return {
    name,
    tasks: [],
    launch: async (scene, value) => {
      const command = { value: scene.line(value, 'sleep 0.1; exit 3') };
      await call(scene, { type: 'LAUNCH_CONTAINER', launch_container: { container_id: { value }, command } });
    },
    end: (scene, value) => remove(scene, { value }),
  };
}
