import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import {
  AcknowledgeOperationStatusMessage,
  checkId,
  decode,
  type FrameworkInfoCapabilityType,
  KillTaskMessage,
  type Operation,
  type OperationState,
  type SchedulerEvent,
  type TaskState,
  UpdateOperationStatusMessage,
} from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { Framework } from '../state/framework.ts';
import { shortSlices } from '../testing/short-slices.ts';
import { SimulatedAgent } from '../testing/simulated-agent.ts';
import { type Core, startCore } from '../testing/start-core.ts';
import { applyStatus } from './apply-status.ts';
import { endTask } from './end.ts';
import { acknowledgeOperation, killTask, operationStatuses, reconcile } from './index.ts';
import type { TaskQuestion } from './reconcile.ts';
import { masterStatus } from './status.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Setup {
  readonly master: Core;
  readonly agent: SimulatedAgent;
  readonly agentId: string;
  readonly framework: Framework;
  readonly events: SchedulerEvent[];
}

/** A master with one agent and one framework. */
async function setup(capabilities: FrameworkInfoCapabilityType[] = []): Promise<Setup> {
  const master = await startCore();
  cleanups.push(() => master.close());
  const agent = await SimulatedAgent.start({ master: master.address });
  cleanups.push(() => agent.stop());
  const agentId = await agent.register();
  const events: SchedulerEvent[] = [];
  const info = { user: 'root', name: 'f', capabilities: capabilities.map(type => ({ type })) };
  const framework = new Framework(checkId('f-1'), info, 'active', { maxCompletedTasks: 100, maxUnreachableTasks: 100 });
  framework.connection = {
    kind: 'http',
    open: () => undefined,
    send: event => events.push(event),
    close: () => undefined,
  };
  master.context.cluster.addFramework(framework);
  return { master, agent, agentId, framework, events };
}

function addTask({ master, agentId, framework }: Setup, id: string, state: TaskState = 'TASK_STAGING') {
  const agent = master.context.cluster.agents.get(agentId);
  assert.ok(agent);
  const task = {
    name: id,
    task_id: { value: id },
    framework_id: { value: framework.id },
    agent_id: { value: agentId },
    state,
  };
  master.context.cluster.addTask(task, framework, agent);
  return task;
}

const until = (condition: () => boolean) => eventually(String(condition), condition);

const questions: { name: string; ask: (agentId: string) => TaskQuestion; aware?: TaskState; other?: TaskState }[] = [
  { name: 'a known task', ask: () => ({ taskId: 't' }), aware: 'TASK_RUNNING', other: 'TASK_RUNNING' },
  {
    name: 'an unknown task of a registered agent',
    ask: agentId => ({ taskId: 'x', agentId }),
    aware: 'TASK_GONE',
    other: 'TASK_LOST',
  },
  {
    name: 'a task of an unreachable agent',
    ask: () => ({ taskId: 'x', agentId: 'unreachable' }),
    aware: 'TASK_UNREACHABLE',
    other: 'TASK_LOST',
  },
  {
    name: 'a task that is unreachable, without its agent',
    ask: () => ({ taskId: 'unreachable' }),
    aware: 'TASK_UNREACHABLE',
    other: 'TASK_LOST',
  },
  {
    name: 'a task of a gone agent',
    ask: () => ({ taskId: 'x', agentId: 'gone' }),
    aware: 'TASK_GONE_BY_OPERATOR',
    other: 'TASK_LOST',
  },
  {
    name: 'a task of an agent nobody knows',
    ask: () => ({ taskId: 'x', agentId: 'nobody' }),
    aware: 'TASK_UNKNOWN',
    other: 'TASK_LOST',
  },
  { name: 'a task of an agent that is not back yet', ask: () => ({ taskId: 'x', agentId: 'recovered' }) },
  { name: 'a task of no agent while some are not back yet', ask: () => ({ taskId: 'x' }) },
];
for (const { name, ask, aware, other } of questions) {
  for (const [capabilities, expected] of [
    [['PARTITION_AWARE'], aware],
    [[], other],
  ] as const) {
    test(`reconciling ${name}${capabilities.length > 0 ? ', partition-aware' : ''}`, async () => {
      const prepared = await setup([...capabilities]);
      const { master, framework, events, agentId } = prepared;
      const { cluster } = master.context;
      cluster.unreachableAgents.set(checkId('unreachable'), { since: { nanoseconds: 5 } });
      cluster.goneAgents.set(checkId('gone'), { nanoseconds: 6 });
      cluster.recoveredAgents.set(checkId('recovered'), { hostname: 'h' });
      const task = addTask(prepared, 't');
      const away = { ...task, task_id: { value: 'unreachable' }, agent_id: { value: 'unreachable' } };
      framework.unreachableTasks.add(checkId('unreachable'), away);
      // The agent is ahead of what the framework was told.
      const status = masterStatus(master.context, 't', { state: 'TASK_RUNNING', reason: 'REASON_RECONCILIATION' });
      applyStatus(master.context, task, status, 'TASK_FINISHED', framework);
      askAbout(prepared, [ask(agentId)]);
      assert.deepEqual(
        events.map(({ update }) => update?.status.state),
        expected ? [expected] : [],
      );
      const answer = events[0]?.update?.status;
      if (!answer) return;
      assert.equal(answer.reason, 'REASON_RECONCILIATION');
      assert.equal(answer.source, 'SOURCE_MASTER');
      assert.equal(answer.uuid, undefined);
      assert.equal(answer.unreachable_time?.nanoseconds, name.includes('unreachable') ? 5 : undefined);
    });
  }
}

/** RECONCILE, as one of the calls of the framework. */
function askAbout({ master, framework }: Setup, questions: readonly TaskQuestion[]): void {
  const failed = (error: unknown) => assert.fail(String(error));
  framework.calls.run(() => reconcile(master.context, framework, questions), failed);
}

test('implicit reconciliation tells all tasks there are', async () => {
  const prepared = await setup();
  addTask(prepared, 'a');
  addTask(prepared, 'b');
  askAbout(prepared, []);
  assert.deepEqual(
    prepared.events.map(({ update }) => [update?.status.task_id.value, update?.status.state]),
    [
      ['a', 'TASK_STAGING'],
      ['b', 'TASK_STAGING'],
    ],
  );
});

test('a reconciliation of many tasks lets others have their turn, and tells each state as it is then', async t => {
  const prepared = await setup(['PARTITION_AWARE']);
  const { master, framework, events } = prepared;
  const [a, b, c] = ['a', 'b', 'c'].map(id => addTask(prepared, id));
  assert.ok(a && b && c);
  shortSlices(t);
  askAbout(prepared, []);
  assert.equal(events.length, 1, 'the first is told at once');
  askAbout(prepared, [{ taskId: 'later' }]);
  endTask(master.context, b, framework, { state: 'TASK_LOST', reason: 'REASON_AGENT_REMOVED' });
  const { context } = master;
  const status = masterStatus(context, 'c', { state: 'TASK_RUNNING', reason: 'REASON_RECONCILIATION' });
  applyStatus(context, c, status, 'TASK_RUNNING', framework);
  await eventually('all are told', () => events.length === 4);
  assert.deepEqual(
    events.map(({ update }) => [update?.status.task_id.value, update?.status.state]),
    [
      ['a', 'TASK_STAGING'],
      ['b', 'TASK_LOST'],
      ['c', 'TASK_RUNNING'],
      ['later', 'TASK_UNKNOWN'],
    ],
  );
});

test('a scheduler that takes the place of one that reconciles is not told what it did not ask', async t => {
  const prepared = await setup();
  const { framework, events } = prepared;
  for (const id of ['a', 'b', 'c']) addTask(prepared, id);
  shortSlices(t);
  askAbout(prepared, []);
  assert.ok(framework.connection);
  framework.connection = { ...framework.connection };
  await eventually('the call is over', () => framework.calls.idle);
  assert.equal(events.length, 1);
});

test('a kill goes to the agent, unless it names another', async () => {
  const prepared = await setup();
  const { master, framework, agent } = prepared;
  addTask(prepared, 't');
  killTask(master.context, framework, { taskId: 't', agentId: 'other' });
  killTask(master.context, framework, { taskId: 't', killPolicy: { grace_period: { nanoseconds: 7 } } });
  const { body } = await agent.next('KillTaskMessage');
  assert.deepEqual(decode(KillTaskMessage, body).kill_policy, { grace_period: { nanoseconds: 7 } });
  assert.equal(agent.received.filter(({ name }) => name === 'KillTaskMessage').length, 0);
});

test('killing a task nobody knows tells its state', async () => {
  const { master, framework, events, agentId } = await setup();
  killTask(master.context, framework, { taskId: 'x', agentId });
  assert.equal(events[0]?.update?.status.state, 'TASK_LOST');
});

test('many finished tasks leave only the history behind', async () => {
  const prepared = await setup();
  const { master, framework, agentId } = prepared;
  for (let index = 0; index < 500; index++) {
    const task = addTask(prepared, `t${index}`);
    endTask(master.context, task, framework, { state: 'TASK_FINISHED', reason: 'REASON_COMMAND_EXECUTOR_FAILED' });
  }
  assert.equal(framework.tasks.size, 0);
  assert.equal(framework.completedTasks.size, 100);
  assert.equal(master.context.cluster.agents.get(agentId)?.tasks.size, 0);
  assert.equal(master.context.metrics.counter('master/tasks_finished').value, 500);
});

test('a status passed between two states keeps the last of each', async () => {
  const prepared = await setup();
  const { master, framework } = prepared;
  const task = addTask(prepared, 't');
  for (const [state, message] of [
    ['TASK_STARTING', '1'],
    ['TASK_RUNNING', '2'],
    ['TASK_RUNNING', '3'],
  ] as const) {
    const status = {
      ...masterStatus(master.context, 't', { state, reason: 'REASON_RECONCILIATION', message }),
      data: 'AA',
    };
    applyStatus(master.context, task, status, state, framework);
  }
  const { statuses } = task as { statuses?: { message?: string; data?: string }[] };
  assert.deepEqual(
    statuses?.map(({ message, data }) => [message, data]),
    [
      ['1', undefined],
      ['3', undefined],
    ],
  );
});

const uuid = (letter: string) => `${letter}AAAAAAAAAAAAAAAAAAAAA==`;

function addOperation({ master, agentId, framework }: Setup, id: string | undefined): Operation {
  const agent = master.context.cluster.agents.get(agentId);
  assert.ok(agent);
  const operation: Operation = {
    framework_id: { value: framework.id },
    agent_id: { value: agentId },
    info: { type: 'RESERVE', ...(id && { id: { value: id } }) },
    latest_status: { state: 'OPERATION_PENDING', ...(id && { operation_id: { value: id } }) },
    uuid: { value: uuid('A') },
  };
  master.context.cluster.addOperation(operation, framework, agent);
  return operation;
}

function report({ agent, agentId }: Setup, state: OperationState): void {
  agent.send(UpdateOperationStatusMessage, {
    framework_id: { value: 'f-1' },
    agent_id: { value: agentId },
    status: { state, uuid: { value: uuid('B') } },
    operation_uuid: { value: uuid('A') },
  });
}

test('an operation with an id ends when its framework acknowledges', async () => {
  const prepared = await setup();
  const { master, framework, events, agent } = prepared;
  addOperation(prepared, 'o');
  assert.deepEqual(
    operationStatuses(master.context, framework, [{ operationId: 'o' }, { operationId: 'x' }]).map(
      ({ state }) => state,
    ),
    ['OPERATION_PENDING', 'OPERATION_UNKNOWN'],
  );
  report(prepared, 'OPERATION_FINISHED');
  await until(() => events.length === 1);
  assert.equal(events[0]?.update_operation_status?.status.state, 'OPERATION_FINISHED');
  assert.equal(framework.operations.size, 1);
  const ack = { operationId: 'o', uuid: uuid('B'), agentId: undefined };
  assert.equal(acknowledgeOperation(master.context, framework, { ...ack, operationId: 'x' }), false);
  assert.equal(acknowledgeOperation(master.context, framework, ack), true);
  assert.equal(framework.operations.size, 0);
  const { body } = await agent.next('AcknowledgeOperationStatusMessage');
  assert.deepEqual(decode(AcknowledgeOperationStatusMessage, body), {
    status_uuid: { value: uuid('B') },
    operation_uuid: { value: uuid('A') },
  });
});

test('an operation without an id is acknowledged by the master', async () => {
  const prepared = await setup();
  addOperation(prepared, undefined);
  report(prepared, 'OPERATION_FAILED');
  await prepared.agent.next('AcknowledgeOperationStatusMessage');
  assert.equal(prepared.framework.operations.size, 0);
  assert.deepEqual(prepared.events, []);
});
