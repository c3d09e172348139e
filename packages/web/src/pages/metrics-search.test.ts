import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_PLOTS, metricsProblems, metricsSearch, withPlot } from './metrics-search.ts';

const many = Array.from({ length: 20 }, (_, index) => `m${index}`);

for (const [raw, search] of [
  [{}, {}],
  [{ plot: 'a' }, { plot: ['a'] }],
  [{ plot: ['a', 'b', 'a', 7, ''] }, { plot: ['a', 'b'] }],
  [{ plot: many }, { plot: many.slice(0, MAX_PLOTS) }],
  [{ plot: { a: 1 }, window: '2h', filter: 7 }, { filter: '7' }],
  [{ window: '24h' }, { window: '24h' }],
] as const) {
  test(`the page of metrics reads ${JSON.stringify(raw).slice(0, 60)}`, () =>
    assert.deepEqual(metricsSearch(raw), search));
}

for (const [raw, texts] of [
  [{ plot: 'a', window: '24h', sort: 'name', desc: true, filter: 7 }, []],
  [{ window: '1h' }, []],
  [{ window: '2h', sort: 'size', group: 'name' }, ['sort=size', 'group=name', 'window=2h']],
  [{ plot: ['a', 7, 7] }, ['plot=7']],
  [{ plot: { a: 1 } }, ['plot={"a":1}']],
  [{ plot: many }, ['plot=20 metrics']],
] as const) {
  test(`the page of metrics marks ${JSON.stringify(texts)} in ${JSON.stringify(raw).slice(0, 60)}`, () => {
    const problems = metricsProblems(raw, [{ name: 'name' }, { name: 'value' }]);
    assert.deepEqual(
      problems.map(({ text }) => text),
      texts,
    );
  });
}

test('a metric is plotted, and no longer', () => {
  assert.deepEqual(withPlot({ filter: 'x' }, 'a', true), { filter: 'x', plot: ['a'] });
  assert.deepEqual(withPlot({ plot: ['a', 'b'] }, 'a', false), { plot: ['b'] });
  assert.deepEqual(withPlot({ plot: ['a'] }, 'a', false), {});
  assert.deepEqual(withPlot({ plot: many.slice(0, MAX_PLOTS) }, 'z', true).plot?.includes('z'), false);
});
