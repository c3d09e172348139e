/** `--rate_limits` as schedulers see it: v1 calls are kept back, v0 messages wait, and what is too much is refused. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import {
  DriverSchedulerCall,
  FrameworkErrorMessage,
  FrameworkRegisteredMessage,
  RegisterFrameworkMessage,
  ReviveOffersMessage,
  type SchedulerCall,
  UnregisterFrameworkMessage,
} from '@meseta/protocol';
import { eventually, FakeClock } from '@meseta/system/testing';
import { ask, startRunningMaster } from '../testing/running-master.ts';
import { type SchedulingMaster, startSchedulingMaster } from '../testing/scheduling-master.ts';
import { TestDriver } from '../testing/test-driver.ts';
import { post, TestScheduler } from '../testing/test-scheduler.ts';

const limits = {
  limits: [{ principal: 'slow', qps: 1, capacity: 2 }, { principal: 'free' }],
  aggregate_default_qps: 10,
  aggregate_default_capacity: 1,
};

interface Stage {
  readonly master: SchedulingMaster;
  readonly clock: FakeClock;
}

async function stage(t: TestContext): Promise<Stage> {
  const clock = new FakeClock();
  const master = await startSchedulingMaster(t, { clock, argv: [`--rate_limits=${JSON.stringify(limits)}`] });
  return { master, clock };
}

/** Sends a call of a subscribed scheduler. */
function send(master: SchedulingMaster, scheduler: TestScheduler, call: SchedulerCall) {
  const headers = { 'Content-Type': 'application/json', 'Mesos-Stream-Id': scheduler.streamId };
  return post(master.address, { ...call, framework_id: { value: scheduler.frameworkId } }, headers);
}

const revive: SchedulerCall = { type: 'REVIVE', revive: {} };
const counts = ({ context: { metrics } }: SchedulingMaster, principal: string) => {
  const all = new Map(metrics.entries());
  return ['received', 'processed'].map(what => all.get(`frameworks/${principal}/messages_${what}`));
};

/** Waits until so many messages were received and processed. */
const until = (master: SchedulingMaster, principal: string, expected: readonly number[]) =>
  eventually(
    () => `${expected} messages of ${principal}; there are ${counts(master, principal)}`,
    () => isDeepStrictEqual(counts(master, principal), expected),
  );

test('calls of v1 wait for their turn, and too many are refused', async t => {
  const { master, clock } = await stage(t);
  const scheduler = await TestScheduler.start(t, master.address, { principal: 'slow' });
  assert.deepEqual(counts(master, 'slow'), [0, 0]);
  assert.equal((await send(master, scheduler, revive)).status, 202);
  let answered = 0;
  const waiting = [0, 1].map(() => send(master, scheduler, revive).finally(() => answered++));
  await until(master, 'slow', [3, 1]);
  const refused = await send(master, scheduler, revive);
  assert.equal(refused.status, 429);
  assert.match(refused.body, /Message REVIVE dropped: capacity\(2\) exceeded/);
  assert.equal(answered, 0);
  clock.advance(1000);
  await eventually('an answer', () => answered === 1);
  clock.advance(1000);
  assert.deepEqual(
    (await Promise.all(waiting)).map(({ status }) => status),
    [202, 202],
  );
  assert.deepEqual(counts(master, 'slow'), [4, 3]);
  assert.equal(master.askedFor('revive').length, 3);
});

test('a principal without a rate is not limited; others share the default', async t => {
  const { master, clock } = await stage(t);
  const free = await TestScheduler.start(t, master.address, { principal: 'free' });
  for (let index = 0; index < 5; index++) assert.equal((await send(master, free, revive)).status, 202);
  const nobody = await TestScheduler.start(t, master.address);
  const named = await TestScheduler.start(t, master.address, { principal: 'unlisted' });
  assert.equal((await send(master, nobody, revive)).status, 202);
  const waiting = send(master, named, revive);
  await until(master, 'unlisted', [1, 0]);
  assert.equal((await send(master, nobody, revive)).status, 429);
  clock.advance(100);
  assert.equal((await waiting).status, 202);
});

test('calls that wait are answered when their framework is gone or another scheduler has come', async t => {
  const { master, clock } = await stage(t);
  const scheduler = await TestScheduler.start(t, master.address, { principal: 'slow', failover_timeout: 100 });
  await send(master, scheduler, revive);
  const replaced = send(master, scheduler, revive);
  await until(master, 'slow', [2, 1]);
  const id = { value: scheduler.frameworkId };
  const again = await TestScheduler.start(t, master.address, { id, principal: 'slow', failover_timeout: 100 });
  clock.advance(1000);
  assert.match((await replaced).body, /Another scheduler has subscribed while the call waited/);
  const teardown = send(master, again, { type: 'TEARDOWN' });
  await until(master, 'slow', [3, 2]);
  const late = send(master, again, revive);
  await until(master, 'slow', [4, 2]);
  clock.advance(1000);
  assert.equal((await teardown).status, 202);
  clock.advance(1000);
  assert.match((await late).body, /Framework cannot be found/);
  assert.deepEqual(counts(master, 'slow'), [undefined, undefined]);
});

test('a master stops though calls wait', async t => {
  const limits = '{"aggregate_default_qps": 0.001}';
  const master = await startRunningMaster(t, `--rate_limits=${limits}`);
  const scheduler = await TestScheduler.start(t, master.address, { principal: 'x' });
  assert.equal((await scheduler.call(revive)).status, 202);
  const waiting = scheduler.call(revive).then(
    ({ status }) => `answered ${status}`,
    () => 'disconnected',
  );
  await eventually('the second call', async () => {
    const { text } = await ask(master, '/metrics/snapshot');
    return text.includes('"frameworks/x/messages_received":2');
  });
  await master.stop();
  assert.equal(await waiting, 'disconnected');
});

test('messages of drivers wait; too many are an error with the words of Mesos', async t => {
  const { master, clock } = await stage(t);
  const driver = await TestDriver.start(t, master);
  driver.send(RegisterFrameworkMessage, { framework: { user: 'nobody', name: 'v0', principal: 'slow' } });
  const { framework_id } = await driver.next(FrameworkRegisteredMessage);
  const message = () => driver.send(ReviveOffersMessage, { framework_id });
  for (let index = 0; index < 4; index++) message();
  const { message: words } = await driver.next(FrameworkErrorMessage);
  assert.equal(words, 'Message mesos.internal.ReviveOffersMessage dropped: capacity(2) exceeded');
  driver.send(DriverSchedulerCall, { framework_id, type: 'SUPPRESS', suppress: {} });
  const { message: ofCall } = await driver.next(FrameworkErrorMessage);
  assert.equal(ofCall, 'Message mesos.scheduler.Call dropped: capacity(2) exceeded');
  assert.deepEqual(counts(master, 'slow'), [5, 1]);
  clock.advance(2000);
  await until(master, 'slow', [5, 3]);
  assert.equal(master.askedFor('revive').length, 3);
});

test('the last words of a driver are heard though its process has ended', async t => {
  const { master, clock } = await stage(t);
  const driver = await TestDriver.start(t, master);
  const framework = { user: 'nobody', name: 'v0', principal: 'slow', failover_timeout: 1000 };
  driver.send(RegisterFrameworkMessage, { framework });
  const { framework_id } = await driver.next(FrameworkRegisteredMessage);
  driver.send(ReviveOffersMessage, { framework_id });
  driver.send(ReviveOffersMessage, { framework_id });
  driver.send(UnregisterFrameworkMessage, { framework_id });
  await until(master, 'slow', [3, 1]);
  await driver.stop();
  assert.equal(master.context.cluster.frameworks.size, 1);
  clock.advance(2000);
  await eventually('the framework to be removed', () => master.context.cluster.frameworks.size === 0);
});

test('messages of others than the registered driver take none of its places', async t => {
  const { master } = await stage(t);
  const driver = await TestDriver.start(t, master);
  const thief = await TestDriver.start(t, master);
  driver.send(RegisterFrameworkMessage, { framework: { user: 'nobody', name: 'v0', principal: 'slow' } });
  const { framework_id } = await driver.next(FrameworkRegisteredMessage);
  for (let index = 0; index < 10; index++) thief.send(ReviveOffersMessage, { framework_id });
  const dropped = () => new Map(master.context.metrics.entries()).get('master/dropped_messages');
  await eventually('the messages to be dropped', () => dropped() === 10);
  assert.deepEqual(counts(master, 'slow'), [0, 0]);
});
