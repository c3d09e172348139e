import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LiveSamples } from './live-samples.ts';
import { metricRows } from './metric-rows.ts';

const metrics = { 'master/tasks_running': 5, 'master/tasks_lost': 0, 'process/cpu_secs': 7 };

for (const [filter, sort, descending, names] of [
  ['', 'name', false, ['master/tasks_lost', 'master/tasks_running', 'process/cpu_secs']],
  ['', 'name', true, ['process/cpu_secs', 'master/tasks_running', 'master/tasks_lost']],
  ['', 'value', true, ['process/cpu_secs', 'master/tasks_running', 'master/tasks_lost']],
  ['TASKS', 'value', false, ['master/tasks_lost', 'master/tasks_running']],
  ['tasks  run', 'name', false, ['master/tasks_running']],
  ['nothing', 'name', false, []],
] as const) {
  test(`metrics with '${filter}' by ${sort}${descending ? ', the last first' : ''}`, () =>
    assert.deepEqual(
      metricRows(metrics, filter, { sort, descending }).map(({ key }) => key),
      names,
    ));
}

test('samples keep the values that are plotted, and gaps', () => {
  const samples = new LiveSamples();
  samples.add(1, { a: 1, b: 2 }, ['a']);
  samples.add(2, undefined, ['a', 'b']);
  samples.add(3, { a: 3, b: 4 }, ['a', 'b']);
  assert.deepEqual(samples.times, [1, 2, 3]);
  assert.deepEqual(
    [samples.valuesOf('a'), samples.valuesOf('b')],
    [
      [1, null, 3],
      [null, null, 4],
    ],
  );
  assert.deepEqual(samples.valuesOf('toString'), [null, null, null]);
  for (let time = 4; time < 1000; time++) samples.add(time, {}, []);
  assert.deepEqual([samples.times.length, samples.times[0]], [720, 280]);
});
