import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  SchedulerCall as Call,
  decode,
  encode,
  RecordDecoder,
  type SchedulerCall,
  SchedulerEvent,
} from '@meseta/protocol';
import { FakeClock } from '@meseta/system/testing';
import { startSchedulingMaster } from '../../testing/scheduling-master.ts';
import { post, TestScheduler } from '../../testing/test-scheduler.ts';

interface Recording {
  readonly request: { method: string; headers?: Record<string, string>; body?: string | SchedulerCall };
  readonly response: { status: number; headers: Record<string, string>; body: string };
}

const recordings = new URL('../../../fixtures/scheduler-errors/', import.meta.url);
/** Of the framework that was subscribed when the errors were recorded. */
const recordedId = 'f9499bfe-d0d5-47ec-8500-e15100906287-0000';

for (const name of readdirSync(recordings)) {
  test(`answers as Apache Mesos does: ${name}`, async t => {
    const master = await startSchedulingMaster(t);
    const scheduler = await TestScheduler.start(t, master.address);
    const { request, response }: Recording = JSON.parse(readFileSync(new URL(name, recordings), 'utf8'));
    const here = (text: string) => text.replaceAll(recordedId, scheduler.frameworkId);
    const body = typeof request.body === 'string' ? request.body : JSON.stringify(request.body ?? '');
    const answer = await post(
      master.address,
      request.method === 'GET' ? '' : here(body),
      request.headers ?? {},
      request.method,
    );
    assert.equal(answer.status, response.status);
    assert.equal(answer.body, here(response.body));
    assert.equal(answer.headers['content-type'], response.headers['content-type']);
    assert.equal(answer.headers.allow, response.headers.allow);
  });
}

test('SUBSCRIBE answers with a stream, whose first events are SUBSCRIBED and HEARTBEAT', async t => {
  const clock = new FakeClock();
  const master = await startSchedulingMaster(t, { clock });
  const scheduler = await TestScheduler.start(t, master.address);
  assert.match(scheduler.streamId, /^[0-9a-f-]{36}$/);
  assert.equal(scheduler.frameworkId, 'master-1-0000');
  await scheduler.next('HEARTBEAT');
  const [subscribed] = scheduler.events;
  assert.equal(subscribed?.subscribed?.heartbeat_interval_seconds, 15);
  assert.equal(subscribed?.subscribed?.master_info?.id, 'master-1');
  clock.advance(15_000);
  await scheduler.next('HEARTBEAT');
});

test('speaks protobuf in both directions', async t => {
  const master = await startSchedulingMaster(t);
  const info = { user: 'nobody', name: 'binary' };
  const response = await fetch(`http://${master.address}/api/v1/scheduler`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-protobuf', Accept: 'application/x-protobuf' },
    body: new Uint8Array(encode(Call, { type: 'SUBSCRIBE', subscribe: { framework_info: info } })),
  });
  assert.equal(response.headers.get('content-type'), 'application/x-protobuf');
  const reader = response.body?.getReader();
  const decoder = new RecordDecoder();
  const events: SchedulerEvent[] = [];
  while (events.length < 2) {
    const { value } = (await reader?.read()) ?? {};
    assert.ok(value);
    events.push(...decoder.push(Buffer.from(value)).map(record => decode(SchedulerEvent, record)));
  }
  await reader?.cancel();
  assert.deepEqual(
    events.map(({ type }) => type),
    ['SUBSCRIBED', 'HEARTBEAT'],
  );
});

const refusals: { name: string; call: SchedulerCall; status: number; body: RegExp }[] = [
  {
    name: 'a uuid that is none',
    call: { type: 'ACKNOWLEDGE', acknowledge: { agent_id: { value: 'a' }, task_id: { value: 't' }, uuid: 'AAEC' } },
    status: 400,
    body: /^Failed to validate scheduler::Call: Not a valid UUID: 'acknowledge\.uuid' must be 16 bytes, in base64$/,
  },
  { name: 'an unknown call', call: { type: 'UNKNOWN' }, status: 501, body: /^501 Not Implemented/ },
  {
    name: 'a time no timer can wait for',
    call: {
      type: 'KILL',
      kill: { task_id: { value: 't' }, kill_policy: { grace_period: { nanoseconds: -(2 ** 63) } } },
    },
    status: 400,
    body: /grace_period/,
  },
  {
    name: 'an update of the user',
    call: {
      type: 'UPDATE_FRAMEWORK',
      update_framework: {
        framework_info: { id: { value: 'master-1-0000' }, user: 'root', name: 'x', capabilities: [] },
      },
    },
    status: 400,
    body: /^FrameworkInfo update is not valid: Updating 'FrameworkInfo.user' is unsupported; attempted to update from 'nobody' to 'root'$/,
  },
];
for (const { name, call, status, body } of refusals) {
  test(`refuses ${name}`, async t => {
    const master = await startSchedulingMaster(t);
    const scheduler = await TestScheduler.start(t, master.address);
    const answer = await scheduler.call(call);
    assert.equal(answer.status, status);
    assert.match(answer.body, body);
  });
}

const taken: SchedulerCall[] = [
  { type: 'REVIVE' },
  { type: 'SUPPRESS', suppress: { roles: ['nope'] } },
  { type: 'REQUEST', request: {} },
  { type: 'RECONCILE', reconcile: {} },
  { type: 'RECONCILE_OPERATIONS', reconcile_operations: { operations: [{ operation_id: { value: 'o' } }] } },
  { type: 'MESSAGE', message: { agent_id: { value: 'none' }, executor_id: { value: 'none' }, data: 'AA==' } },
  { type: 'SHUTDOWN', shutdown: { agent_id: { value: 'none' }, executor_id: { value: 'none' } } },
  { type: 'DECLINE', decline: { offer_ids: [{ value: 'none' }], filters: { refuse_seconds: -1 } } },
  { type: 'ACCEPT_INVERSE_OFFERS', accept_inverse_offers: { inverse_offer_ids: [{ value: 'none' }] } },
  { type: 'DECLINE_INVERSE_OFFERS', decline_inverse_offers: { inverse_offer_ids: [] } },
  { type: 'KILL', kill: { task_id: { value: 'ghost' } } },
];
for (const call of taken) {
  test(`takes ${call.type} whatever comes of it`, async t => {
    const master = await startSchedulingMaster(t);
    const scheduler = await TestScheduler.start(t, master.address);
    const answer = await scheduler.call(call);
    assert.equal(answer.status, 202);
    assert.equal(answer.body, '');
  });
}

test('a scheduler that does not read is disconnected', async t => {
  const master = await startSchedulingMaster(t);
  const scheduler = await TestScheduler.start(t, master.address, { failover_timeout: 60 });
  const framework = master.context.cluster.frameworks.get(scheduler.frameworkId);
  assert.ok(framework);
  const data = Buffer.alloc(1024 * 1024).toString('base64');
  const message = { agent_id: { value: 'a' }, executor_id: { value: 'e' }, data };
  // More than it may have waiting, and than the room that all streams share.
  for (let i = 0; i < 400 && framework.state === 'active'; i++) {
    framework.connection?.send({ type: 'MESSAGE', message });
  }
  assert.equal(framework.state, 'disconnected');
  await scheduler.end();
});
