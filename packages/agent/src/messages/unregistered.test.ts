/** Messages that come before the agent has an id: there is nothing yet that they could be about. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseFlags } from '@meseta/flags';
import { HttpServer, Libprocess, type Pid, parsePid, Router } from '@meseta/process';
import {
  AcknowledgeOperationStatusMessage,
  ApplyOperationMessage,
  DrainSlaveMessage,
  ExecutorToFrameworkMessage,
  encode,
  FrameworkToExecutorMessage,
  KillTaskMessage,
  type MessageType,
  newUuid,
  type OfferOperation,
  ReconcileOperationsMessage,
  RegisterExecutorMessage,
  RegisterSlaveMessage,
  ReregisterExecutorMessage,
  RunTaskGroupMessage,
  ShutdownExecutorMessage,
  ShutdownFrameworkMessage,
  StatusUpdateAcknowledgementMessage,
  StatusUpdateMessage,
  UpdateFrameworkMessage,
  UpdateOperationStatusMessage,
} from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { silentLogger } from '@meseta/telemetry/testing';
import { agentFlags } from '../flags.ts';
import { startAgent } from '../main.ts';
import type { RunningAgent } from '../running-agent.ts';
import { agentId, frameworkId } from '../testing/scripted-master.ts';
import { agentArguments, type Bench, bench } from '../testing/test-agent.ts';

const framework_id = { value: frameworkId };
const executor_id = { value: 'e' };
const task_id = { value: 't' };
const uuid = { value: newUuid() };

/** An agent whose master has heard of it and does not answer yet. */
async function startUnregistered(at: Bench): Promise<RunningAgent> {
  at.master.registers = false;
  const { flags } = parseFlags(agentFlags, agentArguments(at));
  const agent = await startAgent({ flags, log: silentLogger() });
  at.onEnd(() => agent.shutdown());
  await at.master.untilReceived(RegisterSlaveMessage);
  return agent;
}

test('a master that speaks too early changes nothing', async t => {
  const at = await bench(t);
  const { master } = at;
  const agent = await startUnregistered(at);
  const { agent: state, metrics } = agent.context;
  const { resourceVersion, totalResources } = state;
  const info: OfferOperation = { type: 'RESERVE', id: { value: 'o' }, reserve: { resources: [] } };
  master.command('t', 'true');
  master.send(RunTaskGroupMessage, {
    framework: master.framework,
    executor: { executor_id },
    task_group: { tasks: [{ name: 't', task_id, agent_id: { value: agentId } }] },
  });
  master.send(KillTaskMessage, { framework_id, task_id });
  master.send(StatusUpdateAcknowledgementMessage, {
    agent_id: { value: agentId },
    ...{ framework_id, task_id, uuid: uuid.value },
  });
  const message = { agent_id: { value: agentId }, framework_id, executor_id, data: '' };
  master.send(FrameworkToExecutorMessage, message);
  master.send(UpdateFrameworkMessage, { framework_id, pid: '' });
  master.send(ShutdownFrameworkMessage, { framework_id });
  master.send(ShutdownExecutorMessage, { framework_id, executor_id });
  master.send(DrainSlaveMessage, { config: {} });
  master.send(ApplyOperationMessage, {
    ...{ framework_id, operation_info: info, operation_uuid: uuid },
    resource_version_uuid: { uuid: { value: resourceVersion } },
  });
  master.send(ReconcileOperationsMessage, { operations: [{ operation_uuid: uuid }] });
  master.send(AcknowledgeOperationStatusMessage, { operation_uuid: uuid, status_uuid: uuid });
  master.register(); // comes after them
  await agent.registered;

  assert.equal(state.id, agentId);
  assert.deepEqual([state.frameworks.size, state.completedFrameworks.size, state.operations.size], [0, 0, 0]);
  assert.deepEqual([state.draining, state.totalResources.equals(totalResources)], [undefined, true]);
  assert.deepEqual(master.updates, []);
  assert.ok(!existsSync(join(at.directory, 'work/meta/resources')));
  assert.equal(metrics.counter('slave/invalid_framework_messages').value, 1);
  assert.equal(metrics.counter('slave/dropped_messages').value, 0);
  master.command('u', 'true');
  await master.until('u', 'TASK_FINISHED');
  assert.deepEqual(master.states('t'), []);
  assert.ok(!master.received.some(({ name }) => name === UpdateOperationStatusMessage.fullName));
});

test('an executor that speaks too early is told to go, and is not believed', async t => {
  const at = await bench(t);
  const agent = await startUnregistered(at);
  const counter = (name: string) => agent.context.metrics.counter(`slave/${name}`).value;
  const { send, shutdowns } = await startDriver(t, agent);
  send(RegisterExecutorMessage, { framework_id, executor_id });
  send(ReregisterExecutorMessage, { framework_id, executor_id });
  await eventually('two answers', () => shutdowns() === 2);
  const status = { task_id, state: 'TASK_RUNNING', uuid: uuid.value } as const;
  send(StatusUpdateMessage, {
    update: { framework_id, executor_id, status, timestamp: 1, uuid: uuid.value },
    pid: '',
  });
  send(ExecutorToFrameworkMessage, { agent_id: { value: agentId }, framework_id, executor_id, data: '' });
  await eventually(
    'two refusals',
    () => counter('invalid_status_updates') + counter('invalid_framework_messages') === 2,
  );

  const call = { type: 'SUBSCRIBE', framework_id, executor_id, subscribe: {} };
  const answer = await fetch(`http://127.0.0.1:${agent.port}/slave(1)/api/v1/executor`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: JSON.stringify(call),
  });
  assert.deepEqual([answer.status, await answer.text()], [400, 'Framework cannot be found']);
});

/** A v0 driver's process. */
async function startDriver(t: TestContext, agent: RunningAgent) {
  const server = new HttpServer({ handler: new Router().handle });
  await server.listen('127.0.0.1', 0);
  const transport = new Libprocess(server);
  t.after(async () => {
    transport.close();
    await server.close(0);
  });
  let shutdowns = 0;
  transport.install('executor(1)', ShutdownExecutorMessage.fullName, () => {
    shutdowns += 1;
  });
  const to = parsePid(agent.pid) as Pid;
  return {
    send: <T>(type: MessageType<T>, message: T) =>
      transport.send(to, 'executor(1)', type.fullName, encode(type, message)),
    shutdowns: () => shutdowns,
  };
}
