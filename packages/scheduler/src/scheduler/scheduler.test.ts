/** What a real master cannot be made to do: the scheduler against servers that misbehave. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { SchedulerCall, SchedulerEvent, TaskStatus } from '@meseta/protocol';
import { eventually, FakeClock } from '@meseta/system/testing';
import { type FrameworkStore, memoryStore } from './framework-store.ts';
import type { Disconnected } from './handlers.ts';
import { Scheduler } from './scheduler.ts';
import type { SchedulerOptions } from './scheduler-options.ts';

type Answer = (call: SchedulerCall, response: ServerResponse, request: IncomingMessage) => void;

const record = (event: SchedulerEvent) => {
  const text = JSON.stringify(event);
  return `${Buffer.byteLength(text)}\n${text}`;
};
const subscribed = (seconds = 15): SchedulerEvent => ({
  type: 'SUBSCRIBED',
  subscribed: { framework_id: { value: 'f' }, heartbeat_interval_seconds: seconds },
});

/** A server at the address of a master. */
class Master {
  readonly calls: SchedulerCall[] = [];
  readonly streams: ServerResponse[] = [];
  /** What SUBSCRIBE is answered with; the last one repeatedly. */
  subscribe: Answer[] = [(_call, response) => this.open(response)];
  /** What other calls are answered with. */
  call: Answer = (_call, response) => response.writeHead(202).end();
  origin = '';

  static async start(t: TestContext): Promise<Master> {
    const master = new Master();
    const server = createServer((request, response) => void master.#answer(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    master.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    return master;
  }

  open(response: ServerResponse, event = subscribed()): void {
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'Mesos-Stream-Id': `s${this.streams.push(response)}`,
    });
    response.write(record(event));
  }

  send(event: SchedulerEvent): void {
    this.streams.at(-1)?.write(record(event));
  }

  status(status: Omit<TaskStatus, 'task_id' | 'agent_id'>, id = 't'): void {
    this.send({ type: 'UPDATE', update: { status: { task_id: { value: id }, agent_id: { value: 'a' }, ...status } } });
  }

  count(type: SchedulerCall['type']): number {
    return this.calls.filter(call => call.type === type).length;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const piece of request) text += piece;
    const call = JSON.parse(text) as SchedulerCall;
    this.calls.push(call);
    if (call.type !== 'SUBSCRIBE') return this.call(call, response, request);
    const answer = this.subscribe.length > 1 ? this.subscribe.shift() : this.subscribe[0];
    answer?.(call, response, request);
  }
}

const framework = { user: 'someone', name: 'test', roles: ['r'] };

/** Runs a scheduler until the end of the test. */
function start(t: TestContext, master: Master, options: Partial<SchedulerOptions> = {}) {
  const disconnections: Disconnected[] = [];
  const statuses: TaskStatus[] = [];
  const seen = { subscriptions: 0, disconnections, statuses };
  const connection = { minBackoffMs: 1, maxBackoffMs: 20 };
  const scheduler = new Scheduler({ masters: master.origin, framework, connection, ...options });
  const handlers = {
    subscribed: () => void seen.subscriptions++,
    status: async (status: TaskStatus) => void statuses.push(status),
    disconnected: (value: Disconnected) => void disconnections.push(value),
  };
  const end = scheduler.run(handlers).then(
    () => undefined,
    (error: Error & { code?: string }) => error,
  );
  t.after(() => scheduler.stop());
  return { scheduler, seen, end, handlers };
}

const misbehaviours: Record<string, Answer> = {
  'an answer that is no RecordIO': (_call, response) => response.writeHead(200).end('hello\n'),
  'a record that ends in the middle': (_call, response) => response.writeHead(200).end('1000\n{"type":"SUBSC'),
  'a record that is no JSON': (_call, response) => response.writeHead(200).end('5\nhello'),
  'a length without an end': (_call, response) => response.writeHead(200).end('9'.repeat(5000)),
  'a record of a length that nobody can hold': (_call, response) => response.writeHead(200).write('9999999999\n'),
  'a stream that begins with something else': (_call, response) =>
    response.writeHead(200).write(record({ type: 'HEARTBEAT' })),
  'an end before the first event': (_call, response) => response.writeHead(200).end(),
  'a broken connection': (_call, response) => response.destroy(),
  'a redirect without an address': (_call, response) => response.writeHead(307).end(),
  'a redirect to nowhere': (_call, response) => response.writeHead(307, { Location: 'http://127.0.0.1:1/' }).end(),
  'a redirect to itself': (_call, response, { headers }) =>
    response.writeHead(307, { Location: `//${headers.host}/api/v1/scheduler` }).end(),
  'a master that recovers': (_call, response) => response.writeHead(503).end('Master has not finished recovery'),
};
for (const [name, answer] of Object.entries(misbehaviours)) {
  test(`${name} is tried again`, async t => {
    const master = await Master.start(t);
    master.subscribe = [answer, answer, answer, answer, answer, answer, (_call, response) => master.open(response)];
    const { seen } = start(t, master);
    await eventually('the subscription', () => seen.subscriptions === 1);
    assert.ok(seen.disconnections.length > 0);
    assert.ok(seen.disconnections.every(({ wasSubscribed, retryMs }) => !wasSubscribed && retryMs <= 20));
  });
}

test('a storm of 503 is met with longer and longer delays, up to the longest', async t => {
  const master = await Master.start(t);
  master.subscribe = [(_call, response) => response.writeHead(503).end()];
  const clock = new FakeClock();
  const { seen } = start(t, master, { clock, connection: {} });
  for (let attempt = 1; attempt <= 10; attempt++) {
    await eventually('the attempt', () => seen.disconnections.length === attempt);
    clock.advance(seen.disconnections.at(-1)?.retryMs ?? 0);
  }
  const delays = seen.disconnections.slice(0, 10).map(({ retryMs }) => retryMs);
  assert.deepEqual(delays, [50, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
});

test('a redirect is followed to the leader, with the credential', async t => {
  const [other, leader] = [await Master.start(t), await Master.start(t)];
  other.subscribe = [
    (_call, response) => response.writeHead(307, { Location: `${leader.origin}/api/v1/scheduler` }).end(),
  ];
  const asked: (string | undefined)[] = [];
  leader.subscribe = [
    (_call, response, { headers }) => {
      asked.push(headers.authorization);
      leader.open(response);
    },
  ];
  const { seen } = start(t, other, { credential: async () => ({ token: 'secret' }) });
  await eventually('the subscription', () => seen.subscriptions === 1);
  assert.deepEqual(asked, ['Bearer secret']);
  assert.deepEqual(seen.disconnections, []);
});

test('of several addresses, the next one is tried', async t => {
  const master = await Master.start(t);
  const { seen } = start(t, master, { masters: ['127.0.0.1:1', master.origin] });
  await eventually('the subscription', () => seen.subscriptions === 1);
  assert.match(seen.disconnections[0]?.cause.message ?? '', /nothing listens there/);
});

test('a master that is silent without closing is left', async t => {
  const master = await Master.start(t);
  master.subscribe = [
    (_call, response) => master.open(response, subscribed(0.02)),
    (_call, response) => master.open(response),
  ];
  const { seen } = start(t, master);
  await eventually('another subscription', () => seen.subscriptions === 2);
  assert.match(seen.disconnections[0]?.cause.message ?? '', /has sent nothing for 0.08 seconds/);
  assert.equal(master.calls.findLast(({ type }) => type === 'SUBSCRIBE')?.framework_id?.value, 'f');
});

test('a busy handler is no silence, and nothing is read meanwhile', async t => {
  const master = await Master.start(t);
  master.subscribe = [(_call, response) => master.open(response, subscribed(0.02))];
  const begun: string[] = [];
  const done = Promise.withResolvers<void>();
  const clock = new FakeClock();
  const scheduler = new Scheduler({ masters: master.origin, framework, clock });
  t.after(() => scheduler.stop());
  const ended = scheduler.run({
    status: async ({ task_id }) => {
      begun.push(task_id.value);
      if (task_id.value === 'slow') await done.promise;
    },
    disconnected: () => assert.fail('it is subscribed'),
  });
  await eventually('the subscription', () => scheduler.isSubscribed);
  master.status({ state: 'TASK_RUNNING', uuid: 'AAAA' }, 'slow');
  master.status({ state: 'TASK_RUNNING', uuid: 'AAAA' }, 'next');
  await eventually('the first status', () => begun.length === 1);
  clock.advance(1000); // longer than silence is allowed to last
  assert.deepEqual([begun, master.count('ACKNOWLEDGE')], [['slow'], 0]);
  done.resolve();
  await eventually('the second status', () => begun.length === 2);
  scheduler.stop();
  await ended;
});

const ends: [name: string, answer: Answer, code: string][] = [
  [
    'ERROR',
    (_call, response) =>
      response.writeHead(200).write(record({ type: 'ERROR', error: { message: 'Framework has been removed' } })),
    'FRAMEWORK_REMOVED',
  ],
  ['401', (_call, response) => response.writeHead(401).end(), 'UNAUTHENTICATED'],
  ['403', (_call, response) => response.writeHead(403).end('no'), 'UNAUTHORIZED'],
  ['400', (_call, response) => response.writeHead(400).end('FrameworkInfo.name is missing'), 'SUBSCRIPTION_REFUSED'],
];
for (const [name, answer, code] of ends) {
  test(`${name} ends the scheduler with ${code}`, async t => {
    const master = await Master.start(t);
    master.subscribe = [answer];
    assert.equal((await start(t, master).end)?.code, code);
    assert.equal(master.calls.length, 1);
  });
}

test('a framework that failed over elsewhere does not fight for its place', async t => {
  const master = await Master.start(t);
  const { end, seen } = start(t, master);
  await eventually('the subscription', () => seen.subscriptions === 1);
  master.send({ type: 'ERROR', error: { message: 'Framework failed over' } });
  assert.equal((await end)?.code, 'FRAMEWORK_FAILED_OVER');
});

test('a call on a subscription that is over waits for the reason in the stream', async t => {
  const master = await Master.start(t);
  master.call = (_call, response) => {
    response.writeHead(400, { 'Meseta-Error': 'STREAM_ID_OUTDATED' }).end("The stream ID 'a' included …");
    setTimeout(() => master.send({ type: 'ERROR', error: { message: 'Framework failed over' } }), 50);
  };
  assert.equal((await start(t, master).end)?.code, 'FRAMEWORK_FAILED_OVER');
  assert.equal(master.count('SUBSCRIBE'), 1);
});

test('a subscription that is over without an end of its stream is renewed', async t => {
  const master = await Master.start(t);
  let isOver = true;
  master.call = (_call, response) =>
    isOver ? response.writeHead(400).end('Framework cannot be found') : response.writeHead(202).end();
  const clock = new FakeClock();
  const { seen, scheduler } = start(t, master, { clock });
  await eventually('the subscription', () => seen.subscriptions === 1);
  assert.equal(await scheduler.kill('t'), 'lost');
  isOver = false;
  clock.advance(5000);
  await eventually('the loss', () => seen.disconnections.length === 1);
  clock.advance(1000);
  await eventually('the next subscription', () => seen.subscriptions === 2);
});

test('a status is acknowledged after it is handled, and handled once', async t => {
  const master = await Master.start(t);
  const { seen } = start(t, master);
  await eventually('the subscription', () => seen.subscriptions === 1);
  for (let i = 0; i < 3; i++) master.status({ state: 'TASK_RUNNING', uuid: 'AAAA' });
  await eventually('three acknowledgements', () => master.count('ACKNOWLEDGE') === 3);
  master.status({ state: 'TASK_RUNNING', reason: 'REASON_RECONCILIATION' });
  master.status({ state: 'TASK_FINISHED', uuid: 'BBBB' });
  await eventually('the end', () => seen.statuses.length === 2);
  assert.deepEqual(
    seen.statuses.map(({ state }) => state),
    ['TASK_RUNNING', 'TASK_FINISHED'],
  );
});

test('a status whose handler fails is not acknowledged, and its error ends the scheduler', async t => {
  const master = await Master.start(t);
  const scheduler = new Scheduler({ masters: master.origin, framework });
  const failure = new Error('disk full');
  const run = scheduler.run({
    subscribed: () => master.status({ state: 'TASK_RUNNING', uuid: 'AAAA' }),
    status: () => Promise.reject(failure),
  });
  await assert.rejects(run, failure);
  assert.equal(master.count('ACKNOWLEDGE'), 0);
  assert.equal(scheduler.isSubscribed, false);
});

test('a flood of statuses waits in the master while a store is slow, and each is acknowledged after it is stored', async t => {
  const many = 1000;
  const master = await Master.start(t);
  const stored = new Set<string>();
  const early: string[] = [];
  master.call = (call, response) => {
    const uuid = call.acknowledge?.uuid;
    if (uuid !== undefined && !stored.has(uuid)) early.push(uuid);
    response.writeHead(202).end();
  };
  const gate = Promise.withResolvers<void>();
  let running = 0;
  const scheduler = new Scheduler({ masters: master.origin, framework });
  const end = scheduler.run({
    status: async ({ uuid = '' }) => {
      assert.equal(++running, 1, 'one after another');
      await gate.promise;
      stored.add(uuid);
      running--;
    },
  });
  t.after(() => scheduler.stop());
  const stream = await eventually('the stream', () => master.streams[0]);
  const message = 'x'.repeat(50_000);
  for (let i = 0; i < many; i++) {
    const uuid = Buffer.from(`${i}`.padStart(16)).toString('base64');
    master.status({ state: 'TASK_RUNNING', uuid, message }, `t${i}`);
  }
  await eventually('the first status', () => running === 1);
  const waiting = () => stream.writableLength;
  await eventually('the stream to stand still', async () => {
    const before = waiting();
    await new Promise(resolve => setTimeout(resolve, 200));
    return waiting() === before;
  });
  // What is not here is in the buffers of two sockets, and in the memory of the scheduler.
  assert.ok(waiting() > (many * message.length) / 2, `only ${waiting()} bytes wait`);
  assert.equal(master.count('ACKNOWLEDGE'), 0);
  gate.resolve();
  await eventually('all acknowledgements', () => master.count('ACKNOWLEDGE') === many);
  assert.deepEqual([stored.size, early], [many, []]);
  await scheduler.stop();
  await end;
});

for (const disconnected of [
  () => {
    throw new Error('cannot log');
  },
  async () => Promise.reject(new Error('cannot log')),
]) {
  test(`an error of the handler 'disconnected' ends the scheduler (${disconnected.constructor.name})`, async t => {
    const master = await Master.start(t);
    master.subscribe = [(_call, response) => response.writeHead(503).end()];
    const scheduler = new Scheduler({ masters: master.origin, framework: { user: 'root', name: 'n' } });
    await assert.rejects(scheduler.run({ disconnected }), { message: 'cannot log' });
    assert.equal(scheduler.isSubscribed, false);
  });
}

test('with acknowledge: byCall, only the call acknowledges', async t => {
  const master = await Master.start(t);
  const { seen, scheduler } = start(t, master, { acknowledge: 'byCall' });
  await eventually('the subscription', () => seen.subscriptions === 1);
  for (const uuid of ['AAAA', 'AAAA', 'BBBB']) master.status({ state: 'TASK_RUNNING', uuid });
  const last = await eventually('two statuses', () => seen.statuses[1]);
  assert.equal(master.count('ACKNOWLEDGE'), 0);
  await scheduler.acknowledge(last);
  assert.equal(master.calls.at(-1)?.acknowledge?.uuid, 'BBBB');
});

const offer = { id: { value: 'o' }, framework_id: { value: 'f' }, agent_id: { value: 'a' }, hostname: 'h' };
const task = { name: 't', task_id: { value: 't' }, agent_id: { value: 'a' }, command: { value: 'true' } };

test('a launch without an answer renews the subscription, and the task is asked about', async t => {
  const master = await Master.start(t);
  master.call = ({ type }, response) => (type === 'ACCEPT' ? response.destroy() : response.writeHead(202).end());
  const { seen, scheduler } = start(t, master);
  await eventually('the subscription', () => seen.subscriptions === 1);
  assert.equal(await scheduler.launch(offer, [task]), 'lost');
  const isAsked = ({ reconcile }: SchedulerCall) => reconcile?.tasks?.some(({ task_id }) => task_id.value === 't');
  await eventually('the question', () => master.calls.some(isAsked));
  assert.equal(seen.disconnections[0]?.wasSubscribed, true);
  assert.equal(master.count('ACCEPT'), 1, 'it is not repeated');
});

test('a launch that the master refuses is told, and forgotten', async t => {
  const master = await Master.start(t);
  master.call = ({ type }, response) => response.writeHead(type === 'ACCEPT' ? 400 : 202).end('Expecting …');
  const { seen, scheduler } = start(t, master);
  await eventually('the subscription', () => seen.subscriptions === 1);
  await assert.rejects(scheduler.launch(offer, [task]), { code: 'CALL_REFUSED', message: 'Expecting …' });
  await scheduler.reconcile();
  assert.ok(master.calls.every(({ reconcile }) => !reconcile?.tasks?.length));
  assert.deepEqual(seen.disconnections, []);
});

test('a kill and a suppression outlive the subscription', async t => {
  const master = await Master.start(t);
  const { seen, scheduler } = start(t, master, { tasks: [{ taskId: 't' }] });
  assert.equal(await scheduler.kill('t', { gracePeriodMs: 0 }), 'unsent');
  await eventually('the kill', () => master.count('KILL') === 1);
  await scheduler.suppress();
  master.streams.at(-1)?.destroy();
  await eventually('the kill again', () => master.count('KILL') === 2);
  assert.deepEqual(master.calls.findLast(({ type }) => type === 'SUBSCRIBE')?.subscribe?.suppressed_roles, ['r']);
  master.status({ state: 'TASK_KILLED', uuid: 'AAAA' });
  await eventually('the end', () => seen.statuses.length === 1);
  master.streams.at(-1)?.destroy();
  await eventually('the third subscription', () => seen.subscriptions === 3);
  await eventually('questions about all tasks', () => master.calls.at(-1)?.type === 'RECONCILE');
  assert.equal(master.count('KILL'), 2);
});

test('a kill names the agent, and is sent again when the agent was out of reach and is back', async t => {
  const master = await Master.start(t);
  const { seen, scheduler } = start(t, master, { tasks: [{ taskId: 't', agentId: 'a' }] });
  assert.equal(await scheduler.kill('t'), 'unsent');
  await eventually('the kill', () => master.count('KILL') === 1);
  assert.deepEqual(master.calls.find(({ type }) => type === 'KILL')?.kill, {
    task_id: { value: 't' },
    agent_id: { value: 'a' },
  });
  master.status({ state: 'TASK_UNREACHABLE', reason: 'REASON_RECONCILIATION' });
  await eventually('the status', () => seen.statuses.length === 1);
  assert.equal(master.count('KILL'), 1);
  master.status({ state: 'TASK_RUNNING', reason: 'REASON_AGENT_REREGISTERED' });
  await eventually('the kill again', () => master.count('KILL') === 2);
});

test('the id is stored before anything is told, and removed with the framework', async t => {
  const master = await Master.start(t);
  const words: string[] = [];
  const memory = memoryStore();
  const store: FrameworkStore = {
    ...memory,
    save: async id => {
      await new Promise(setImmediate);
      words.push(`save ${id}`);
      await memory.save(id);
    },
  };
  const scheduler = new Scheduler({ masters: master.origin, framework, store });
  await scheduler.run({
    subscribed: async ({ frameworkId }) => {
      words.push(`subscribed ${frameworkId}`);
      await scheduler.teardown();
    },
  });
  assert.deepEqual(words, ['save f', 'subscribed f']);
  assert.equal(await memory.load(), undefined);
  assert.equal(master.calls.at(-1)?.type, 'TEARDOWN');
});

test('a teardown without an answer is repeated until the framework is gone', async t => {
  const master = await Master.start(t);
  const gone: SchedulerEvent = { type: 'ERROR', error: { message: 'Framework has been removed' } };
  master.subscribe = [
    (_call, response) => master.open(response),
    (_call, response) => master.open(response),
    (_call, response) => response.writeHead(200).write(record(gone)),
  ];
  master.call = ({ type }, response) => (type === 'TEARDOWN' ? response.destroy() : response.writeHead(202).end());
  const store = memoryStore();
  const { seen, scheduler, end } = start(t, master, { store });
  await eventually('the subscription', () => seen.subscriptions === 1);
  await scheduler.teardown();
  assert.equal(await end, undefined);
  assert.equal(master.count('TEARDOWN'), 2);
  assert.equal(await store.load(), undefined);
});

test('offers without a handler are declined', async t => {
  const master = await Master.start(t);
  const { seen } = start(t, master);
  await eventually('the subscription', () => seen.subscriptions === 1);
  master.send({ type: 'OFFERS', offers: { offers: [offer] } });
  await eventually('the answer', () => master.count('DECLINE') === 1);
});

test('an aborted signal stops it, also before it is subscribed', async t => {
  const master = await Master.start(t);
  master.subscribe = [() => undefined]; // no answer
  const end = new AbortController();
  const run = new Scheduler({ masters: master.origin, framework }).run({}, end.signal);
  await eventually('the attempt', () => master.calls.length === 1);
  end.abort();
  await run;
});
