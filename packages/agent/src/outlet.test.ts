import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Outlet, waitingBytes } from './outlet.ts';

/** A connection that has room for as many messages as it is given. */
function setUp(room = 0) {
  const sent: string[] = [];
  let drained = Promise.withResolvers<void>();
  const outlet = new Outlet({ hasRoom: () => room > 0, drained: () => drained.promise });
  const add = (owner: string, name: string, more: { bytes?: number; id?: string } = {}) =>
    outlet.send(owner, {
      bytes: 1,
      ...more,
      send() {
        room--;
        sent.push(name);
      },
    });
  const drain = async (messages: number) => {
    room = messages;
    drained.resolve();
    drained = Promise.withResolvers();
    await turn();
  };
  return { sent, add, drain };
}

test('sends at once while there is room', () => {
  const { sent, add } = setUp(1);
  assert.ok(add('a', 'a1'));
  assert.ok(add('a', 'a2'));
  assert.deepEqual(sent, ['a1']);
});

test('executors take turns, however much one of them sends', async () => {
  const { sent, add, drain } = setUp();
  for (const name of ['a1', 'a2', 'a3']) void add('a', name);
  let arrived = false;
  void add('b', 'b1')?.then(() => {
    arrived = true;
  });
  await drain(2);
  assert.deepEqual(sent, ['a1', 'b1']);
  assert.ok(arrived);
  void add('b', 'b2');
  await drain(5);
  assert.deepEqual(sent, ['a1', 'b1', 'a2', 'b2', 'a3']);
  void add('b', 'b3');
  assert.equal(sent.at(-1), 'b3', 'there is room, and nothing waits');
});

test('drops what is too much of one executor; one message of any size may wait', async () => {
  const { sent, add, drain } = setUp();
  assert.ok(add('a', 'a1', { bytes: 2 * waitingBytes }));
  assert.equal(add('a', 'a2'), undefined);
  assert.ok(add('a', 'update', { id: 'u', bytes: waitingBytes }), 'what is held elsewhere is not counted');
  assert.ok(add('b', 'b1'));
  await drain(1);
  assert.ok(add('a', 'a3'));
  await drain(9);
  assert.deepEqual(sent, ['a1', 'b1', 'update', 'a3']);
});

test('sends once what is given again while it waits', async () => {
  const { sent, add, drain } = setUp();
  void add('a', 'first', { id: 'u' });
  void add('a', 'again', { id: 'u' });
  await drain(1);
  void add('a', 'later', { id: 'u' });
  await drain(9);
  assert.deepEqual(sent, ['first', 'later']);
});

test('what cannot be sent fails by itself', async () => {
  let room = false;
  const { promise, resolve } = Promise.withResolvers<void>();
  const outlet = new Outlet({ hasRoom: () => room, drained: () => promise });
  const failing = outlet.send('a', {
    bytes: 1,
    send() {
      throw new Error('no');
    },
  });
  const next = outlet.send('a', { bytes: 1, send: () => undefined });
  room = true;
  resolve();
  await assert.rejects(failing ?? Promise.resolve(), { message: 'no' });
  await next;
});
