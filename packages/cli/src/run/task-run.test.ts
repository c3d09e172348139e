import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { SchedulerCall, SchedulerEvent, TaskStatus } from '@meseta/protocol';
import { eventually, FakeClock } from '@meseta/system/testing';
import { TaskRun } from './task-run.ts';

/** A master that makes one offer, and otherwise sends what the test says. */
async function startMaster(t: TestContext) {
  const calls: (string | undefined)[] = [];
  let stream: ServerResponse | undefined;
  const send = (event: SchedulerEvent) => {
    const record = JSON.stringify(event);
    stream?.write(`${Buffer.byteLength(record)}\n${record}`);
  };
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const piece of request) text += piece;
    const { type } = JSON.parse(text) as SchedulerCall;
    calls.push(type);
    if (type !== 'SUBSCRIBE') return void response.writeHead(202).end();
    stream = response.writeHead(200, { 'Content-Type': 'application/json', 'Mesos-Stream-Id': 's' });
    send({ type: 'SUBSCRIBED', subscribed: { framework_id: { value: 'f' } } });
    const ids = { id: { value: 'o' }, framework_id: { value: 'f' }, agent_id: { value: 'a' } };
    const cpus = { name: 'cpus', type: 'SCALAR', scalar: { value: 1 }, allocation_info: { role: '*' } } as const;
    send({ type: 'OFFERS', offers: { offers: [{ ...ids, hostname: 'agent', resources: [cpus] }] } });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const update = (status: Omit<TaskStatus, 'task_id' | 'agent_id'>) => {
    const ids = { task_id: { value: 'x' }, agent_id: { value: 'a' } };
    send({ type: 'UPDATE', update: { status: { ...ids, ...status } } });
  };
  return { calls, send, update, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test("without the agent's status, the master's word is the end once it was waited for long enough", async t => {
  const master = await startMaster(t);
  const clock = new FakeClock();
  let isUnconfirmed = false;
  let hasEnded = false;
  const run = new TaskRun(
    async () => master.origin,
    { user: 'someone', name: 'run' },
    { tasks: [{ name: 'x', task_id: { value: 'x' }, command: { value: 'true' } }] },
    { cpus: 0.1 },
    { unconfirmed: () => (isUnconfirmed = true) },
    clock,
  );
  const last = run.run().finally(() => (hasEnded = true));
  await eventually('the launch', () => master.calls.includes('ACCEPT'));
  master.update({ state: 'TASK_FAILED', reason: 'REASON_AGENT_REREGISTERED' });
  await eventually("the master's word", () => isUnconfirmed);
  clock.advance(60_000);
  master.update({ state: 'TASK_RUNNING', uuid: 'AAAA' });
  await eventually('an event within the time', () => master.calls.includes('ACKNOWLEDGE'));
  assert.equal(hasEnded, false);
  clock.advance(140_000);
  assert.equal((await last)[0]?.reason, 'REASON_AGENT_REREGISTERED');
});
