import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { ready, type Steps, TurnQueue } from './turn-queue.ts';

const unexpected = (error: unknown) => assert.fail(String(error));

function setUp() {
  const queue = new TurnQueue();
  const done: string[] = [];
  const errors: unknown[] = [];
  const run = (name: string, ...values: (string | Promise<string>)[]) =>
    queue.run(
      function* (): Steps {
        for (const value of values) done.push(`${name} ${yield* ready(value)}`);
        done.push(`${name} ends`);
      },
      error => errors.push(error),
    );
  const note = (name: string) => {
    done.push(name);
    return undefined;
  };
  return { queue, done, errors, run, note };
}

test('what need not wait is done at once', () => {
  const { queue, done, run, note } = setUp();
  run('a', 'first', 'second');
  queue.run(() => note('b'), unexpected);
  assert.deepEqual(done, ['a first', 'a second', 'a ends', 'b']);
});

test('nothing overtakes work that waits, and what it fails with keeps nothing from being done', async () => {
  const { queue, done, errors, run, note } = setUp();
  const gate = Promise.withResolvers<string>();
  run('a', 'first', gate.promise);
  run('b', Promise.reject(new Error('no')));
  queue.run(() => note('c'), unexpected);
  run('d', Promise.resolve('later'));
  assert.deepEqual(done, ['a first']);
  gate.resolve('second');
  while (!queue.idle) await turn();
  assert.deepEqual(done, ['a first', 'a second', 'a ends', 'c', 'd later', 'd ends']);
  assert.match(String(errors), /no/);
  run('e');
  assert.equal(done.at(-1), 'e ends');
});

test('what fails before it waits tells the one who asked for it', () => {
  const { queue, run, done } = setUp();
  const fail = () => {
    throw new Error('at once');
  };
  assert.throws(() => queue.run(fail, unexpected), /at once/);
  run('a');
  assert.deepEqual(done, ['a ends']);
});

test('a turn of the event loop lies between long pieces of work that waited', async () => {
  const queue = new TurnQueue();
  const gate = Promise.withResolvers<void>();
  const done: (number | string)[] = [];
  queue.run(function* () {
    yield* ready(gate.promise);
  }, unexpected);
  for (let number = 0; number < 2; number++) {
    queue.run(() => {
      for (const end = performance.now() + 5; performance.now() < end; );
      done.push(number);
      setImmediate(() => done.push('turn'));
      return undefined;
    }, unexpected);
  }
  gate.resolve();
  while (!queue.idle) await turn();
  assert.deepEqual(done.slice(0, 3), [0, 'turn', 1]);
});
