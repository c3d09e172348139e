import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AllocationLoop } from './allocation-loop.ts';

/** A loop over three agents, of which two fit in a turn, with time moved by hand. */
function setUp() {
  const timers = new Map<number, { at: number; run: () => void }>();
  const log: string[] = [];
  let now = 0;
  let next = 0;
  const loop = new AllocationLoop({
    allocator: {
      shuffledAgentIds: () => ['a', 'b', 'c'],
      allocate: ids => {
        log.push([...ids].join(''));
        return { grants: [], inverse: [] };
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
  return { loop, log, advance };
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
