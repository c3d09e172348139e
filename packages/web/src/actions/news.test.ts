import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Effect } from './action.ts';
import { ActionNews } from './news.ts';

const effect: Effect = { source: 'events', table: 'agents', key: 'A', seen: () => undefined };

/** News whose time and effects the test controls. */
function setUp(isSeenAtOnce = false) {
  const timers: (() => void)[] = [];
  const followed: { seen(text: string): void; ended: boolean }[] = [];
  const news = new ActionNews(
    (_, seen) => {
      const one = { seen, ended: false };
      followed.push(one);
      if (isSeenAtOnce) seen('The agent is gone.');
      return () => {
        one.ended = true;
      };
    },
    (_, then) => {
      timers.push(then);
      return () => void timers.splice(timers.indexOf(then), 1);
    },
  );
  const states = () => news.lines.map(({ state }) => state);
  return { news, timers, followed, states };
}

test('an action waits for its effect, and says it', () => {
  const { news, timers, followed, states } = setUp();
  news.accepted('Drain: agent A', effect);
  assert.deepEqual(states(), ['waiting']);
  followed[0]?.seen('Agent A is draining.');
  assert.deepEqual(
    news.lines.map(({ text }) => text),
    ['Agent A is draining.'],
  );
  assert.deepEqual([states(), followed[0]?.ended, timers.length], [['seen'], true, 0]);
});

test('an effect that does not come is said to be late, and still awaited', () => {
  const { news, timers, followed, states } = setUp();
  news.accepted('Drain: agent A', effect);
  timers[0]?.();
  assert.deepEqual(states(), ['late']);
  assert.match(news.lines[0]?.text ?? '', /the cluster does not show it after 15 seconds/);
  followed[0]?.seen('Agent A is draining.');
  assert.deepEqual(states(), ['seen']);
});

test('an effect may be there already', () => {
  const { news, timers, followed, states } = setUp(true);
  news.accepted('Mark gone: agent A', effect);
  assert.deepEqual([states(), followed[0]?.ended, timers.length], [['seen'], true, 0]);
});

test('lines that are dismissed, or too many, are not followed any more', () => {
  const { news, timers, followed, states } = setUp();
  for (let action = 0; action < 6; action++) news.accepted(`Drain: agent ${action}`, effect);
  assert.deepEqual(states(), ['waiting', 'waiting', 'waiting', 'waiting']);
  news.dismiss(news.lines[0]?.id ?? 0);
  news.failed('Kill: no');
  assert.deepEqual(states(), ['waiting', 'waiting', 'waiting', 'failed']);
  assert.deepEqual([followed.filter(({ ended }) => ended).length, timers.length], [3, 3]);
});
