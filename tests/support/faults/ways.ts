/** The ways of tasks and containers through an agent, at whose steps something goes wrong. */
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
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

const always = { delay_seconds: 0, interval_seconds: 0.05 };
const health_check = { ...always, type: 'COMMAND' as const, command: { value: 'true' } };

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
    name: 'checked-pod',
    tasks: ['', '-second'],
    launch: (scene, id) => {
      const check = { ...always, type: 'COMMAND' as const, command: { command: { value: 'true' } } };
      const tcp = { ...always, type: 'TCP' as const, tcp: { port: scene.cluster.agent.port } };
      return scene.framework.runGroup(
        id,
        scene.task(id, 'sleep 0.2', { health_check, check }),
        scene.task(`${id}-second`, 'sleep 0.2', { health_check: tcp }),
      );
    },
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
  attached('attached'),
  nested('nested'),
  standAlone('stand-alone'),
  nestedAlone('nested-alone'),
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

const json = { 'Content-Type': 'application/json', Accept: 'application/json' };
/** What calls need whose answer, or themselves, are streams. */
const output = { 'Content-Type': 'application/json', Accept: 'application/recordio' };
const input = { 'Content-Type': 'application/recordio', 'Message-Content-Type': 'application/json' };

/** Makes a call of the agent, and reads all of the answer. @returns its status. */
async function post({ cluster }: FaultScene, headers: Record<string, string>, body: string): Promise<number> {
  const answer = await fetch(`${cluster.agent.origin}/api/v1`, { method: 'POST', headers, body });
  await answer.bytes();
  return answer.status;
}

const call = (scene: FaultScene, call: AgentCall, headers: Record<string, string> = json) =>
  post(scene, headers, JSON.stringify(call));

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
      const runtime = path.join(scene.cluster.directory, 'agent-1-run');
      const files = () => readdirSync(runtime, { recursive: true }).map(String);
      await eventually('its files to be gone', () => !files().some(each => each.endsWith('.first'))); // some go later
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
    await call(scene, launch, output);
  });
}

/** A command of an operator's that gets input, and whose output goes to another one, too. */
function attached(name: string): Way {
  return inParent(name, async (scene, container_id) => {
    const command = { value: scene.line(container_id.value, 'timeout 3 cat') };
    const launch_nested_container_session = { container_id, command };
    let isOver = false;
    const session = call(
      scene,
      { type: 'LAUNCH_NESTED_CONTAINER_SESSION', launch_nested_container_session },
      output,
    ).finally(() => {
      isOver = true;
    });
    const typed = ['hello', ''].map(text => ({
      type: 'PROCESS_IO',
      process_io: { type: 'DATA', data: { type: 'STDIN', data: Buffer.from(text).toString('base64') } },
    }));
    const records = [{ type: 'CONTAINER_ID', container_id }, ...typed].map(attach_container_input =>
      JSON.stringify({ type: 'ATTACH_CONTAINER_INPUT', attach_container_input }),
    );
    const stream = records.map(record => `${Buffer.byteLength(record)}\n${record}`).join('');
    const attach = { type: 'ATTACH_CONTAINER_OUTPUT' as const, attach_container_output: { container_id } };
    await Promise.all([
      session,
      eventually('that its output can be read', async () => isOver || (await call(scene, attach, output)) === 200),
      eventually('that it takes input', async () => isOver || (await post(scene, input, stream)) === 200),
    ]);
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

/** In one that an operator has launched. */
function nestedAlone(name: string): Way {
  const launch = (scene: FaultScene, container_id: ContainerID, line: string) => {
    const command = { value: scene.line(container_id.value, line) };
    return call(scene, { type: 'LAUNCH_CONTAINER', launch_container: { container_id, command } });
  };
  const inner = (value: string): ContainerID => ({ value: 'inner', parent: { value } });
  return {
    name,
    tasks: [],
    launch: async (scene, value) => {
      await launch(scene, { value }, 'sleep 0.4');
      await launch(scene, inner(value), 'exec sleep 600');
    },
    end: async (scene, value) => {
      await remove(scene, inner(value));
      await remove(scene, { value });
    },
  };
}
