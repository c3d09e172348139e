/** The v1 executor API: the test plays the executor, whose process only sleeps. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { HttpClient, JSON_TYPE, type MessageType, PROTOBUF_TYPE } from '@meseta/process';
import { decode, ExecutorCall, ExecutorEvent, encode, RecordDecoder, type TaskStatus } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { recording } from '../../testing/recorded-agent.ts';
import { frameworkId } from '../../testing/scripted-master.ts';
import { bench, startTestAgent } from '../../testing/test-agent.ts';

const ids = { framework_id: { value: frameworkId }, executor_id: { value: 'custom' } };
const path = '/slave(1)/api/v1/executor';

/** An agent with an executor that has not subscribed, for which a task waits. */
async function setUp(t: TestContext) {
  const at = await bench(t);
  const agent = await startTestAgent(at, '--executor_shutdown_grace_period=100ms');
  at.onEnd(() => agent.shutdown());
  at.master.run({ id: 'task', executor: { ...ids, command: { value: 'exec sleep 600' } } });
  await eventually(
    () => 'the launch of the executor',
    () => [...agent.context.agent.executors()][0]?.pid !== undefined,
  );
  return { ...at, client: new HttpClient(`http://127.0.0.1:${agent.port}`) };
}

async function post(client: HttpClient, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await client.request('POST', path, {
    headers: { 'Content-Type': JSON_TYPE, Accept: JSON_TYPE, ...headers },
    body: text,
  });
  let read = '';
  for await (const piece of answer.body) read += piece;
  return { status: answer.status, text: read };
}

/** Subscribes; gives the events so far, and whether the stream is over. */
async function subscribe(
  client: HttpClient,
  type: MessageType,
  unacknowledged: Partial<ExecutorCall['subscribe']> = {},
) {
  const call: ExecutorCall = { ...ids, type: 'SUBSCRIBE', subscribe: unacknowledged ?? {} };
  const { status, headers, body } = await client.request('POST', path, {
    headers: { 'Content-Type': type, Accept: type },
    body: type === JSON_TYPE ? JSON.stringify(call) : encode(ExecutorCall, call),
  });
  assert.equal(status, 200);
  assert.equal(headers['content-type'], type);
  const events: ExecutorEvent[] = [];
  const stream = { events, ended: false };
  const read = async () => {
    const decoder = new RecordDecoder();
    for await (const piece of body) {
      for (const record of decoder.push(piece)) {
        events.push(type === JSON_TYPE ? JSON.parse(record.toString()) : decode(ExecutorEvent, record));
      }
    }
  };
  const over = () => {
    stream.ended = true;
  };
  read().then(over, over);
  const until = (wanted: ExecutorEvent['type']) =>
    eventually(
      () => `${wanted}`,
      () => events.find(event => event.type === wanted),
    );
  return { stream, until };
}

function status(state: TaskStatus['state'], more: Partial<TaskStatus> = {}): TaskStatus {
  const uuid = randomBytes(16).toString('base64');
  return { task_id: { value: 'task' }, state, uuid, source: 'SOURCE_EXECUTOR', ...more };
}

const update = (more: Partial<TaskStatus>) => ({
  ...ids,
  type: 'UPDATE',
  update: { status: status('TASK_RUNNING', more) },
});
const invalid = 'Failed to validate Executor::Call: ';
const recorded = recording('error_executor');

const refusals: {
  name: string;
  body: unknown;
  headers?: Record<string, string>;
  status: number;
  text: string | RegExp;
}[] = [
  {
    name: 'an unknown framework, as recorded',
    body: recorded.request.body,
    status: recorded.response.status,
    text: recorded.response.body,
  },
  { name: 'no JSON', body: '{', status: 400, text: /^Failed to parse body into JSON: / },
  { name: 'another message', body: { type: 7 }, status: 400, text: /^Failed to convert JSON into Call protobuf: / },
  { name: 'no type', body: ids, status: 400, text: `${invalid}Expecting 'type' to be present` },
  {
    name: 'no protobuf',
    body: 'no',
    headers: { 'Content-Type': PROTOBUF_TYPE },
    status: 400,
    text: 'Failed to parse body into Call protobuf: Malformed message: wire type 6',
  },
  {
    name: 'text',
    body: 'x',
    headers: { 'Content-Type': 'text/plain' },
    status: 415,
    text: /^Expecting 'Content-Type' of/,
  },
  {
    name: 'events in a type that is not',
    body: { ...ids, type: 'SUBSCRIBE', subscribe: {} },
    headers: { Accept: 'text/html' },
    status: 406,
    text: "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'",
  },
  {
    name: 'a subscription without its part',
    body: { ...ids, type: 'SUBSCRIBE' },
    status: 400,
    text: `${invalid}Expecting 'subscribe' to be present`,
  },
  {
    name: 'an unknown executor',
    body: { ...ids, executor_id: { value: 'other' }, type: 'MESSAGE', message: { data: '' } },
    status: 400,
    text: 'Executor cannot be found',
  },
  { name: 'no uuid', body: update({ uuid: undefined }), status: 400, text: `${invalid}Expecting 'uuid' to be present` },
  {
    name: 'a bad uuid',
    body: update({ uuid: 'AAAA' }),
    status: 400,
    text: `${invalid}Not a valid UUID: 'update.status.uuid' must be 16 bytes, in base64`,
  },
  {
    name: "another executor's status",
    body: update({ executor_id: { value: 'other' } }),
    status: 400,
    text: `${invalid}ExecutorID in Call: custom does not match ExecutorID in TaskStatus: other`,
  },
  {
    name: 'a status in the name of another',
    body: update({ source: 'SOURCE_MASTER' }),
    status: 400,
    text: `${invalid}Received Call from executor custom of framework ${frameworkId} with invalid source, expecting 'SOURCE_EXECUTOR'`,
  },
  {
    name: 'TASK_STAGING',
    body: update({ state: 'TASK_STAGING' }),
    status: 400,
    text: `${invalid}Received TASK_STAGING from executor custom of framework ${frameworkId} which is not allowed`,
  },
  {
    name: 'the status of a check without its result',
    body: update({ check_status: { type: 'HTTP' } }),
    status: 400,
    text: `${invalid}Expecting 'http' to be set for HTTP check's status`,
  },
  { name: 'an update before the subscription', body: update({}), status: 403, text: 'Executor is not subscribed' },
  {
    name: 'a heartbeat of anybody',
    body: { ...(recorded.request.body as object), type: 'HEARTBEAT' },
    status: 202,
    text: '',
  },
];

test('what is refused', async t => {
  const { client } = await setUp(t);
  for (const { name, body, headers, status, text } of refusals) {
    await t.test(name, async () => {
      const answer = await post(client, body, headers);
      if (typeof text === 'string') assert.deepEqual(answer, { status, text });
      else assert.match(answer.text, text);
      assert.equal(answer.status, status);
    });
  }
});

for (const type of [JSON_TYPE, PROTOBUF_TYPE] as const) {
  test(`a task by ${type}`, async t => {
    const { client, master } = await setUp(t);
    const { until, stream } = await subscribe(client, type);
    const { subscribed } = await until('SUBSCRIBED');
    assert.equal(subscribed?.executor_info.executor_id.value, 'custom');
    assert.equal(subscribed?.framework_info.name, 'test');
    assert.ok(subscribed?.container_id?.value);
    assert.equal((await until('LAUNCH')).launch?.task.task_id.value, 'task');
    const call: ExecutorCall = { ...ids, type: 'UPDATE', update: { status: status('TASK_FINISHED') } };
    const answer = await client.request('POST', path, {
      headers: { 'Content-Type': type },
      body: type === JSON_TYPE ? JSON.stringify(call) : encode(ExecutorCall, call),
    });
    for await (const _ of answer.body);
    assert.equal(answer.status, 202);
    assert.equal((await until('ACKNOWLEDGED')).acknowledged?.uuid, call.update?.status.uuid);
    assert.equal((await master.until('task', 'TASK_FINISHED')).status.source, 'SOURCE_EXECUTOR');
    assert.equal(stream.ended, false);
  });
}

test('who subscribes again takes the place of who was there, with what was not acknowledged', async t => {
  const { client, master } = await setUp(t);
  const first = await subscribe(client, JSON_TYPE);
  const { launch } = await first.until('LAUNCH');
  assert.ok(launch);
  const running = status('TASK_RUNNING');
  const second = await subscribe(client, JSON_TYPE, {
    unacknowledged_tasks: [launch.task],
    unacknowledged_updates: [{ status: running }],
  });
  await eventually(
    () => 'the end of the first stream',
    () => first.stream.ended,
  );
  assert.equal((await second.until('ACKNOWLEDGED')).acknowledged?.uuid, running.uuid);
  await master.until('task', 'TASK_RUNNING');
  assert.ok(!second.stream.events.some(({ type }) => type === 'LAUNCH'), 'it has the task');
  assert.equal((await post(client, update({ state: 'TASK_FINISHED' }))).status, 202);
  await second.until('ACKNOWLEDGED');
  await master.until('task', 'TASK_FINISHED');
});
