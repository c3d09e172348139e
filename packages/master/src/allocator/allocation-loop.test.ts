import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AllocationLoop } from './allocation-loop.ts';

/**
 * A loop over three agents, of which two fit in a turn, with time moved by hand.
 *
 * @param slow the allocator decides only when `decide` is called.
 */
function setUp(slow = false) {
  const nothing = { grants: [], inverse: [] };
  let decide: () => void = () => assert.fail('nothing is being decided');
  const timers = new Map<number, { at: number; run: () => void }>();
  const log: string[] = [];
  let now = 0;
  let next = 0;
  const loop = new AllocationLoop({
    allocator: {
      shuffledAgentIds: () => ['a', 'b', 'c'],
      allocate: ids => {
        log.push(ids.join(''));
        if (!slow) return nothing;
        return new Promise(resolve => {
          decide = () => {
            resolve(() => {
              log.push(`did ${ids.join('')}`);
              return nothing;
            });
          };
        });
      },
      endBatch: () => log.push('end'),
    },
    intervalMs: 1000,
    agentsPerTurn: 2,
    onAllocation: () => assert.fail('nothing was decided'),
    after(ms, run) {
      const id = next++;
      timers.set(id, { at: now + ms, run });
      return () => timers.delete(id);
    },
  });
  const advance = (ms: number) => {
    const end = now + ms;
    for (;;) {
      const due = [...timers].filter(([, { at }]) => at <= end).sort(([i, a], [j, b]) => a.at - b.at || i - j)[0];
      if (!due) break;
      timers.delete(due[0]);
      now = due[1].at;
      due[1].run();
    }
    now = end;
  };
  const decided = async () => {
    decide();
    await new Promise(setImmediate);
  };
  return { loop, log, advance, decided };
}

test('everybody each interval, in several turns', () => {
  const { loop, log, advance } = setUp();
  loop.start();
  advance(999);
  assert.deepEqual(log, []);
  advance(1);
  assert.deepEqual(log, ['ab', 'c', 'end']);
  advance(1000);
  assert.equal(log.length, 6);
});

test('requests are merged while one waits', () => {
  const { loop, log, advance } = setUp();
  loop.request(['b']);
  loop.request(['a', 'b']);
  advance(0);
  assert.deepEqual(log, ['ba']);
  loop.request(['b']);
  loop.request();
  advance(0);
  assert.deepEqual(log.slice(1), ['ab', 'c', 'end']);
});

test('nothing runs while paused; what was asked for runs after', () => {
  const { loop, log, advance } = setUp();
  loop.pause();
  loop.request(['a']);
  advance(10);
  assert.deepEqual(log, []);
  loop.resume();
  advance(0);
  assert.deepEqual(log, ['a']);
});

test('nothing runs after stop', () => {
  const { loop, log, advance } = setUp();
  loop.start();
  loop.request(['a']);
  loop.stop();
  advance(5000);
  assert.deepEqual(log, []);
});

test('an allocator that takes its time is asked about the next agents when it has decided', async () => {
  const { loop, log, advance, decided } = setUp(true);
  loop.request();
  advance(0);
  loop.request(['b']);
  advance(10);
  assert.deepEqual(log, ['ab']);
  await decided();
  advance(0);
  await decided();
  advance(0);
  await decided();
  assert.deepEqual(log, ['ab', 'did ab', 'c', 'did c', 'end', 'b', 'did b']);
});

test('what is decided after stop is not performed', async () => {
  const { loop, log, advance, decided } = setUp(true);
  loop.request(['a']);
  advance(0);
  loop.stop();
  await decided();
  assert.deepEqual(log, ['a']);
  loop.request(['b']);
  advance(0);
  await decided();
  assert.deepEqual(log, ['a', 'b', 'did b']);
});
