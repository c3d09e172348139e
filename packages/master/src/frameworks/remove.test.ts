/** The removal of a framework with many tasks, which end over many turns of the event loop, and what happens meanwhile. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { checkId, decode, type ReregisterSlaveMessage, ShutdownFrameworkMessage, type Task } from '@meseta/protocol';
import { forgetAgent, type TasksEnd } from '../agents/remove.ts';
import { reregisterAgent } from '../agents/reregister.ts';
import { TaskCounts } from '../metrics/task-counts.ts';
import type { Agent } from '../state/agent.ts';
import { statusUpdate } from '../tasks/status-update.ts';
import { startSchedulingMaster } from '../testing/scheduling-master.ts';
import { shortSlices } from '../testing/short-slices.ts';
import { scalar } from '../testing/simulated-agent.ts';
import { TestScheduler } from '../testing/test-scheduler.ts';
import { removeFramework } from './remove.ts';

const tasksPerAgent = 40;

/** A framework with tasks and an executor on two agents, the removal of which has just begun. */
async function beginRemoval(t: TestContext) {
  const master = await startSchedulingMaster(t, { argv: ['--max_completed_tasks_per_framework=1000'] });
  const peers = [await master.agent(), await master.agent()] as const;
  const scheduler = await TestScheduler.start(t, master.address, { name: 'many' });
  const { context } = master;
  const { cluster } = context;
  const framework = cluster.frameworks.get(scheduler.frameworkId);
  const [first, second] = [...cluster.agents.values()];
  assert.ok(framework && first && second);
  const counts = new TaskCounts();
  cluster.observe(counts);
  const changes: string[] = [];
  cluster.observe({
    taskUpdated: () => changes.push('task updated'),
    taskRemoved: () => changes.push('task removed'),
    frameworkRemoved: () => changes.push('framework removed'),
  });
  const tasks: Task[] = [];
  const resources = [{ ...scalar('cpus', 0.01), allocation_info: { role: '*' } }];
  for (const agent of [first, second]) {
    for (let number = 0; number < tasksPerAgent; number++) {
      const id = `${agent.id}-${number}`;
      const ids = { framework_id: { value: framework.id }, agent_id: { value: agent.id }, task_id: { value: id } };
      tasks.push({ name: id, ...ids, state: 'TASK_RUNNING', resources });
    }
    cluster.addTasks(tasks.slice(-tasksPerAgent), framework, agent);
    cluster.addExecutor({ executor_id: { value: 'e' }, resources }, framework, agent);
  }
  const restore = shortSlices(t);
  const removal = removeFramework(context, framework);
  assert.ok(removal, 'it takes several turns');
  const end = async () => {
    await removal;
    restore();
  };
  return { master, context, cluster, scheduler, framework, first, second, peers, tasks, counts, changes, end };
}

type Scene = Awaited<ReturnType<typeof beginRemoval>>;

function assertGone({ cluster, framework, tasks, master }: Scene): void {
  assert.deepEqual([framework.tasks.size, framework.unreachableTasks.size, framework.executors.size], [0, 0, 0]);
  assert.equal(framework.completedTasks.size, tasks.length);
  assert.ok(framework.used.isEmpty);
  for (const agent of cluster.agents.values()) {
    assert.deepEqual([agent.tasks.size, agent.executors.size, agent.used.size], [0, 0, 0]);
  }
  assert.equal(cluster.frameworksBeingRemoved.size, 0);
  assert.equal(cluster.completedFrameworks.get(framework.id), framework);
  const names = master.asked.map(([name]) => name);
  assert.equal(names.indexOf('removeFramework'), names.lastIndexOf('removeFramework'));
  assert.ok(names.lastIndexOf('recover') < names.indexOf('removeFramework'), 'what it held is free before');
}

test('it is gone at once, and others are served while its tasks end', async t => {
  const scene = await beginRemoval(t);
  const { master, context, cluster, framework, scheduler, tasks } = scene;
  assert.equal(cluster.frameworks.has(framework.id), false);
  assert.equal(framework.tasks.size, tasks.length - 1);
  await scheduler.end();
  const again = await TestScheduler.subscribe(t, master.address, { id: { value: framework.id } });
  const { error } = await again.next('ERROR');
  assert.equal(error?.message, 'Framework has been removed');
  assert.equal((await scheduler.call({ type: 'REVIVE' })).body, 'Framework cannot be found');
  assert.ok(framework.tasks.size > 0, 'its tasks are ending still');
  assert.equal(removeFramework(context, framework), undefined, 'it is removed once');
  await scene.end();
  assertGone(scene);
  for (const task of framework.completedTasks) {
    assert.deepEqual([task.state, task.statuses?.length], ['TASK_KILLED', 1]);
    assert.equal(task.statuses?.[0]?.reason, 'REASON_FRAMEWORK_REMOVED');
  }
});

test('an agent that is lost meanwhile takes its tasks along', async t => {
  const scene = await beginRemoval(t);
  const { context, framework, second, first } = scene;
  const lost: TasksEnd = { state: () => 'TASK_LOST', reason: 'REASON_AGENT_REMOVED', message: 'lost' };
  const ends = [
    forgetAgent(context, second, lost),
    forgetAgent(context, first, { ...lost, unreachableTimeNs: 1 }),
  ] as const;
  assert.ok(framework.unreachableTasks.size > 0 && framework.tasks.size > 0, 'all three take their time');
  await Promise.all(ends);
  await scene.end();
  assertGone(scene);
  for (const agent of [first, second]) {
    assert.deepEqual([agent.tasks.size, agent.executors.size, agent.used.size], [0, 0, 0]);
  }
});

test('an agent that re-registers meanwhile is told that the framework is gone, and brings nothing back', async t => {
  const scene = await beginRemoval(t);
  const { context, cluster, framework, second, peers } = scene;
  const unknown: Task = { ...(scene.tasks.at(-1) as Task), task_id: { value: 'unknown' } };
  const message: ReregisterSlaveMessage = {
    agent: second.info,
    version: second.version,
    tasks: [...(second.tasks.get(framework.id)?.values() ?? []), unknown],
    frameworks: [framework.info],
    checkpointed_resources: [],
    agent_capabilities: second.capabilities,
  };
  const framesBefore = framework.tasks.size;
  await reregisterAgent(context, second.pid, message, second.peer);
  assert.ok(framework.tasks.size > 0 && framework.tasks.size <= framesBefore, 'its tasks are ending still');
  assert.equal(cluster.frameworks.has(framework.id), false);
  assert.equal(framework.tasks.has(checkId('unknown')), false);
  await scene.end();
  assertGone(scene);
  for (let told = 0; told < 2; told++) {
    const { body } = await peers[1].next('ShutdownFrameworkMessage');
    assert.equal(decode(ShutdownFrameworkMessage, body).framework_id.value, framework.id);
  }
});

test('an end that an agent reports meanwhile is not counted twice', async t => {
  const scene = await beginRemoval(t);
  const { context, framework, tasks, second } = scene;
  const task = tasks.at(-1) as Task;
  report(scene, second, task);
  await nextTurn();
  await scene.end();
  assertGone(scene);
  assert.equal(framework.completedTasks.get(task.task_id.value)?.state, 'TASK_KILLED');
  const values = context.metrics.snapshot();
  assert.equal(values['master/tasks_killed'], tasks.length);
  assert.equal(values['master/tasks_finished'] ?? 0, 0);
  const { counts, changes } = scene;
  for (const state of ['TASK_RUNNING', 'TASK_KILLED'] as const) {
    assert.deepEqual([counts.of(state), counts.of(state, framework.id)], [0, 0]);
  }
  assert.equal(changes.length, 2 * tasks.length + 1);
  assert.equal(changes.at(-1), 'framework removed', 'observers hear of it when its tasks are gone');
});

function report({ context, framework }: Scene, agent: Agent, { task_id, agent_id }: Task): void {
  const uuid = Buffer.alloc(16, 1).toString('base64');
  const status = { task_id, agent_id, state: 'TASK_FINISHED' as const, uuid };
  statusUpdate(context, agent, { framework_id: { value: framework.id }, agent_id, status, timestamp: 1, uuid });
}
