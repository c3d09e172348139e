/**
 * Every message that an agent takes, and every call of an executor, asks what is written down here for it before it
 * acts. A new one does not pass before it has a line here.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Action } from '@meseta/daemon';
import { type RecordingAccess, recordingAccess } from '@meseta/daemon/testing';
import { HttpClient, type Libprocess, type MessageHandler } from '@meseta/process';
import {
  AcknowledgeOperationStatusMessage,
  ApplyOperationMessage,
  CheckpointResourcesMessage,
  DrainSlaveMessage,
  ExecutorToFrameworkMessage,
  encode,
  FrameworkToExecutorMessage,
  KillTaskMessage,
  type MessageType,
  PingSlaveMessage,
  ReconcileOperationsMessage,
  RegisterExecutorMessage,
  ReregisterExecutorMessage,
  RunTaskGroupMessage,
  RunTaskMessage,
  ShutdownExecutorMessage,
  ShutdownFrameworkMessage,
  ShutdownMessage,
  SlaveRegisteredMessage,
  SlaveReregisteredMessage,
  StatusUpdateAcknowledgementMessage,
  StatusUpdateMessage,
  type TaskInfo,
  UpdateFrameworkMessage,
} from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { executorApi } from './api/executor/calls.ts';
import { installMessages, type MessageTargets } from './messages/install.ts';
import { agentId, frameworkId } from './testing/scripted-master.ts';
import { bench, startAgentWith } from './testing/test-agent.ts';

const value = { value: 'none' };
const ids = { framework_id: value, executor_id: value, agent_id: { value: agentId } };
const uuid = Buffer.alloc(16).toString('base64');
const framework = { user: 'nobody', name: 'test', id: { value: frameworkId } };
const connection = { total_ping_timeout_seconds: 60 };
const task: TaskInfo = {
  ...{ name: 'task', task_id: { value: 'task' }, agent_id: { value: agentId } },
  ...{ command: { value: 'true' }, resources: [] },
};
const executor = { executor_id: value, command: { value: 'true' } };
const status = { task_id: value, state: 'TASK_RUNNING' as const };
const update = { framework_id: value, status, timestamp: 0, uuid };

interface Try {
  readonly name: string;
  readonly body: Uint8Array;
  readonly asks: readonly Action[];
}

const tried = <T>(type: MessageType<T>, message: NoInfer<T>, asks: readonly Action[] = []): Try => ({
  ...{ name: type.fullName, body: encode(type, message), asks },
});

const messages: readonly Try[] = [
  tried(RunTaskMessage, { framework, pid: '', task }, ['RUN_TASK']),
  tried(RunTaskGroupMessage, { framework, executor, task_group: { tasks: [task] } }, ['RUN_TASK']),
  tried(SlaveRegisteredMessage, { agent_id: { value: agentId }, connection }),
  tried(SlaveReregisteredMessage, { agent_id: { value: agentId }, connection }),
  tried(PingSlaveMessage, { connected: true }),
  tried(ShutdownMessage, {}),
  tried(KillTaskMessage, { framework_id: value, task_id: value }),
  tried(StatusUpdateAcknowledgementMessage, { ...ids, task_id: value, uuid }),
  tried(FrameworkToExecutorMessage, { ...ids, data: '' }),
  tried(UpdateFrameworkMessage, { framework_id: value, framework_info: framework }),
  tried(ShutdownFrameworkMessage, { framework_id: value }),
  tried(ShutdownExecutorMessage, { framework_id: value, executor_id: value }),
  tried(DrainSlaveMessage, { config: {} }),
  tried(CheckpointResourcesMessage, {}),
  tried(ApplyOperationMessage, {
    operation_info: {},
    operation_uuid: { value: uuid },
    resource_version_uuid: { uuid: { value: uuid } },
  }),
  tried(ReconcileOperationsMessage, {}),
  tried(AcknowledgeOperationStatusMessage, { status_uuid: { value: uuid }, operation_uuid: { value: uuid } }),
  tried(RegisterExecutorMessage, ids),
  tried(ReregisterExecutorMessage, ids),
  tried(StatusUpdateMessage, { update }),
  tried(ExecutorToFrameworkMessage, { ...ids, data: '' }),
];

/** An agent that allows nothing once it is registered. */
async function setUp(t: TestContext) {
  const at = await bench(t);
  const access = recordingAccess();
  const agent = await startAgentWith(at, access, '--executor_shutdown_grace_period=100ms');
  at.onEnd(() => agent.shutdown());
  return { ...at, access, agent };
}

/** What answers to everything that it does nothing: the test is about what is asked before. */
const idle = <T extends object>(known: Partial<T>): T =>
  new Proxy(known, { get: (target, name) => Reflect.get(target, name) ?? (() => undefined) }) as T;

test('messages', async t => {
  const { access, agent } = await setUp(t);
  const handlers = new Map<string, MessageHandler>();
  const transport = idle<Libprocess>({ install: (_, name, handler) => void handlers.set(name, handler) });
  const targets: MessageTargets = {
    registration: idle<MessageTargets['registration']>({ isMaster: () => true, isObserver: () => true }),
    operations: idle<MessageTargets['operations']>({}),
    shutdown: () => undefined,
  };
  installMessages(agent.context, transport, 'slave(1)', targets);
  assert.deepEqual([...handlers.keys()].sort(), messages.map(({ name }) => name).sort());
  access.refuse(() => true);
  const dropped = () => agent.context.metrics.snapshot()['slave/dropped_messages'];
  const before = dropped();
  for (const { name, body, asks } of messages) {
    access.clear();
    const from = { id: 'master', ip: '127.0.0.1', port: 1 };
    await handlers.get(name)?.(from, Buffer.from(body), { address: '127.0.0.1', port: 1 });
    assert.deepEqual(access.asked, asks, name);
    assert.equal(dropped(), before, name);
  }
  assert.deepEqual([...agent.context.agent.executors()], []);
});

const calls: Record<keyof typeof executorApi.calls, { call: object; asks: readonly string[] }> = {
  HEARTBEAT: { call: {}, asks: [] },
  SUBSCRIBE: { call: { subscribe: {} }, asks: [] },
  UPDATE: { call: { update: { status: { ...status, uuid, source: 'SOURCE_EXECUTOR' } } }, asks: [] },
  MESSAGE: { call: { message: { data: '' } }, asks: [] },
};

test('executor calls', async t => {
  const { access, agent, master } = await setUp(t);
  const own = { framework_id: { value: frameworkId }, executor_id: { value: 'custom' } };
  master.run({ id: 'task', executor: { ...own, command: { value: 'exec sleep 600' } } });
  await eventually('the executor', () => [...agent.context.agent.executors()][0]?.pid !== undefined);
  const client = new HttpClient(`http://127.0.0.1:${agent.port}`);
  t.after(() => client.close());
  access.refuse(() => true);
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
  for (const [type, entry] of Object.entries(executorApi.calls)) {
    access.clear();
    const { call, asks } = calls[type as keyof typeof calls];
    const body = JSON.stringify({ ...own, type, ...call });
    const answer = await client.request('POST', '/slave(1)/api/v1/executor', { headers, body });
    const expected = type === 'SUBSCRIBE' ? 200 : 202;
    assert.equal(answer.status, expected, type);
    if (type !== 'SUBSCRIBE') await answer.bytes(); // the stream has to stay open for the calls after it
    assertAsked(access, 'asks' in entry.access ? entry.access.asks : [], asks, type);
  }
});

function assertAsked(access: RecordingAccess, named: readonly string[], asks: readonly string[], type: string): void {
  assert.deepEqual(access.asked, ['realm mesos-agent-executor', ...asks], type);
  assert.deepEqual(named, asks, type);
}
