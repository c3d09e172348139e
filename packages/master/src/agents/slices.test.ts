/** Agents with many tasks, which end over many turns of the event loop, and what happens meanwhile. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { checkId, decode, KillTaskMessage, type ReregisterSlaveMessage, type Task } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { removeFramework } from '../frameworks/remove.ts';
import { startSchedulingMaster } from '../testing/scheduling-master.ts';
import { shortSlices } from '../testing/short-slices.ts';
import { scalar } from '../testing/simulated-agent.ts';
import { TestScheduler } from '../testing/test-scheduler.ts';
import { disconnectAgent } from './connect.ts';
import { markAgentGone } from './mark-gone.ts';
import { markUnreachable } from './mark-unreachable.ts';
import { registerAgent } from './register.ts';
import { removeAgent } from './remove.ts';
import { reregisterAgent } from './reregister.ts';

const count = 40;

/** An agent with tasks and an executor of two frameworks, of which the first does not checkpoint. */
async function stage(t: TestContext) {
  const master = await startSchedulingMaster(t, { argv: ['--max_completed_tasks_per_framework=1000'] });
  const peer = await master.agent();
  const schedulers = [
    await TestScheduler.start(t, master.address, { name: 'plain' }),
    await TestScheduler.start(t, master.address, { name: 'checkpoints', checkpoint: true, failover_timeout: 1000 }),
  ] as const;
  const { context } = master;
  const { cluster } = context;
  const [agent] = cluster.agents.values();
  const [plain, checkpoints] = schedulers.map(({ frameworkId }) => cluster.frameworks.get(frameworkId));
  assert.ok(agent && plain && checkpoints);
  const resources = [{ ...scalar('cpus', 0.01), allocation_info: { role: '*' } }];
  const tasks: Task[] = [];
  for (const framework of [plain, checkpoints]) {
    const own = Array.from({ length: count }, (_, number): Task => {
      const id = `${framework.info.name}-${number}`;
      const ids = { framework_id: { value: framework.id }, agent_id: { value: agent.id }, task_id: { value: id } };
      return { name: id, ...ids, state: 'TASK_RUNNING', resources };
    });
    tasks.push(...own);
    cluster.addTasks(own, framework, agent);
    cluster.addExecutor({ executor_id: { value: 'e' }, resources }, framework, agent);
  }
  const registration: ReregisterSlaveMessage = {
    agent: agent.info,
    version: agent.version,
    tasks: tasks.map(task => ({ ...task })),
    frameworks: [plain.info, checkpoints.info],
    checkpointed_resources: [],
    agent_capabilities: agent.capabilities,
  };
  const restore = shortSlices(t);
  const left = () => plain.tasks.size + checkpoints.tasks.size;
  /** Waits until some tasks have ended, and others have not. */
  const inTheMiddle = async () => {
    const all = left();
    for (let turn = 0; left() === all && turn < 1000; turn++) await nextTurn();
    assert.ok(left() > 0 && left() < all, `${left()} of ${all} are left in the middle`);
  };
  const reregister = () => reregisterAgent(context, agent.pid, registration, agent.peer);
  return {
    master,
    peer,
    schedulers,
    context,
    cluster,
    agent,
    plain,
    checkpoints,
    restore,
    left,
    inTheMiddle,
    reregister,
  };
}

type Scene = Awaited<ReturnType<typeof stage>>;

/** What a framework was told of its tasks, when all of it has come. */
async function told({ schedulers }: Scene, index: 0 | 1, updates: number): Promise<Map<string, string[]>> {
  const scheduler = schedulers[index];
  const all = () => scheduler.events.flatMap(({ update }) => (update ? [update.status] : []));
  await eventually('updates', () => all().length >= updates);
  const states = new Map<string, string[]>();
  for (const { task_id, state } of all()) states.set(task_id.value, [...(states.get(task_id.value) ?? []), state]);
  return states;
}

function assertEach(states: ReadonlyMap<string, string[]>, ...expected: string[]): void {
  assert.equal(states.size, count);
  for (const [id, each] of states) assert.deepEqual(each, expected, id);
}

function assertGone({ cluster, agent, plain, checkpoints, master }: Scene): void {
  for (const { tasks, executors, used } of [agent, plain, checkpoints])
    assert.deepEqual([tasks.size, executors.size], [0, 0], String(used));
  assert.ok(plain.used.isEmpty && checkpoints.used.isEmpty && agent.used.size === 0);
  assert.deepEqual([cluster.agents.get(agent.id) === agent, cluster.agentsBeingRemoved.size], [false, 0]);
  const names = master.asked.map(([name]) => name);
  assert.ok(names.lastIndexOf('recover') < names.indexOf('removeAgent'), 'what it held is free before');
  assert.equal(names.filter(name => name === 'removeAgent').length, 1);
  assert.equal(names.filter(name => name === 'recover').length, 2 * count + 2, 'each is given back once');
}

test('an unreachable agent is gone at once; when it is back meanwhile, it has to wait', async t => {
  const scene = await stage(t);
  const { context, cluster, agent, plain, checkpoints, schedulers } = scene;
  const marked = markUnreachable(context, agent, 'test');
  await scene.inTheMiddle();
  assert.deepEqual([cluster.agents.has(agent.id), cluster.agentByPid(agent.pid)], [false, undefined]);
  await scene.reregister();
  assert.equal(cluster.agents.has(agent.id), false, 'its tasks are ending still');
  assert.ok(scene.left() > 0);
  await marked;
  scene.restore();
  assertGone(scene);
  for (const index of [0, 1] as const) {
    assertEach(await told(scene, index, count), 'TASK_UNREACHABLE');
    const types = schedulers[index].events.map(({ type }) => type);
    await schedulers[index].next('FAILURE');
    assert.ok(types.lastIndexOf('UPDATE') < schedulers[index].events.findIndex(({ type }) => type === 'FAILURE'));
  }
  assert.deepEqual([plain.unreachableTasks.size, checkpoints.unreachableTasks.size], [count, count]);
  await scene.reregister();
  assert.deepEqual([plain.tasks.size, checkpoints.tasks.size, plain.unreachableTasks.size], [count, count, 0]);
  for (const index of [0, 1] as const) {
    assertEach(await told(scene, index, 2 * count), 'TASK_UNREACHABLE', 'TASK_RUNNING');
  }
});

test('a new agent at the address of one that is being removed registers meanwhile', async t => {
  const scene = await stage(t);
  const { context, cluster, agent, peer } = scene;
  disconnectAgent(context, agent);
  const removed = removeAgent(context, agent, 'test', 'unregistered');
  for (let turn = 0; cluster.agents.has(agent.id) && turn < 1000; turn++) await nextTurn();
  assert.ok(scene.left() > 0, 'its tasks are ending still');
  await registerAgent(context, agent.pid, peer.registration, agent.peer);
  const successor = cluster.agentByPid(agent.pid);
  assert.ok(successor && successor.id !== agent.id);
  await removed;
  scene.restore();
  assert.deepEqual([...cluster.agents.values()], [successor]);
  assertGone(scene);
  assertEach(await told(scene, 1, count), 'TASK_LOST');
});

test('a framework that is removed meanwhile takes its tasks along', async t => {
  const scene = await stage(t);
  const { context, cluster, agent, plain, checkpoints } = scene;
  const marked = markAgentGone(context, agent.id);
  await scene.inTheMiddle();
  const removals = [removeFramework(context, plain), removeFramework(context, checkpoints)];
  await Promise.all([marked, ...removals]);
  scene.restore();
  assertGone(scene);
  assert.deepEqual([cluster.frameworks.size, cluster.frameworksBeingRemoved.size], [0, 0]);
  assert.deepEqual([plain.completedTasks.size, checkpoints.completedTasks.size], [count, count]);
});

const endings: { name: string; begin: (scene: Scene) => unknown }[] = [
  { name: 'an agent is removed', begin: ({ context, agent }) => markUnreachable(context, agent, 'test') },
  {
    name: 'tasks end with a connection',
    begin: ({ context, agent }) => {
      const connection = context.agentConnections.of(agent.id);
      disconnectAgent(context, agent);
      return connection?.ending;
    },
  },
];
for (const { name, begin } of endings) {
  test(`when the term ends while ${name}, nobody hears more of it`, async t => {
    const scene = await stage(t);
    const { context, schedulers } = scene;
    const begun = begin(scene);
    await scene.inTheMiddle();
    context.agentConnections.endAll();
    const before = scene.left();
    await begun;
    scene.restore();
    assert.deepEqual([scene.left(), context.metrics.snapshot()['master/slave_removals'] ?? 0], [before, 0]);
    const events = () => schedulers.flatMap(scheduler => scheduler.events);
    const updates = () => events().filter(({ type }) => type === 'UPDATE').length;
    await eventually('the updates of before', () => updates() === 2 * count - before);
    assert.ok(events().every(({ type }) => type !== 'FAILURE'));
  });
}

test('an agent that is back soon is told to kill all tasks that ended with its connection', async t => {
  const scene = await stage(t);
  const { context, cluster, agent, plain, checkpoints, peer } = scene;
  disconnectAgent(context, agent);
  await scene.inTheMiddle();
  assert.equal(agent.connected, false);
  await scene.reregister();
  scene.restore();
  assert.equal(cluster.agents.get(agent.id)?.connected, true);
  assert.deepEqual([plain.tasks.size, plain.completedTasks.size, checkpoints.tasks.size], [0, count, count]);
  assert.deepEqual([...agent.tasks.keys()], [checkpoints.id]);
  assertEach(await told(scene, 0, count), 'TASK_LOST');
  const killed = new Set<string>();
  for (let kill = 0; kill < count; kill++) {
    killed.add(decode(KillTaskMessage, (await peer.next('KillTaskMessage')).body).task_id.value);
  }
  assert.deepEqual([...killed].sort(), [...plain.completedTasks].map(({ task_id }) => task_id.value).sort());
});

test('an agent that becomes unreachable while its tasks end with its connection ends each of them once', async t => {
  const scene = await stage(t);
  const { context, agent, plain, checkpoints } = scene;
  disconnectAgent(context, agent);
  await scene.inTheMiddle();
  await markUnreachable(context, agent, 'test');
  await context.agentConnections.of(agent.id)?.ending;
  scene.restore();
  assertGone(scene);
  const states = await told(scene, 0, count);
  assert.equal(states.size, count);
  assert.ok([...states.values()].every(each => each.length === 1));
  assert.ok(
    states.get('plain-0')?.includes('TASK_LOST') && states.get(`plain-${count - 1}`)?.includes('TASK_UNREACHABLE'),
  );
  assertEach(await told(scene, 1, count), 'TASK_UNREACHABLE');
  assert.equal(plain.completedTasks.size + plain.unreachableTasks.size, count);
  assert.equal(checkpoints.unreachableTasks.size, count);
});

test('a framework that is removed while its tasks end with the connection of their agent', async t => {
  const scene = await stage(t);
  const { context, agent, plain, checkpoints } = scene;
  disconnectAgent(context, agent);
  await scene.inTheMiddle();
  const removal = removeFramework(context, plain);
  await Promise.all([removal, context.agentConnections.of(checkId(agent.id))?.ending]);
  scene.restore();
  assert.deepEqual([plain.tasks.size, plain.executors.size, plain.completedTasks.size], [0, 0, count]);
  assert.ok(plain.used.isEmpty);
  assert.deepEqual([[...agent.tasks.keys()], agent.used.size], [[checkpoints.id], 1]);
});
