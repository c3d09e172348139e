import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encode, encodeRecord, MasterEvent } from '@meseta/protocol';
import { ClusterStore } from '../store/cluster.ts';
import { Splitter } from '../stream/splitter.ts';
import { aTask, snapshot } from '../testing/events.ts';
import { findAll } from './find.ts';
import { matchScore, wordsOf } from './match.ts';

const better: readonly (readonly [typed: string, best: string, ...others: string[]])[] = [
  ['web', 'web', 'web-1', 'my-web', 'cobweb', 'w-e-b'],
  ['WEB 1', 'web-1', 'web-21', 'wet-bed-1'],
  ['pfe', 'prod-front-end', 'prod-x-front-x-end'],
];

for (const [typed, ...texts] of better) {
  test(`'${typed}' finds ${texts.join(', ')} in this order`, () => {
    const scores = texts.map(text => matchScore(text, wordsOf(typed)));
    assert.ok(
      scores.every(score => score > 0),
      scores.join(),
    );
    assert.deepEqual(
      scores,
      scores.toSorted((a, b) => b - a),
    );
  });
}

test('what lacks a letter or a word is not found', () => {
  assert.equal(matchScore('web', wordsOf('wbe')), 0);
  assert.equal(matchScore('web', wordsOf('web db')), 0);
});

describe('in a cluster', () => {
  const store = new ClusterStore();
  const splitter = new Splitter((kind, bytes) => store.apply(kind, bytes));
  const tasks = Array.from({ length: 200 }, (_, number) => aTask({ id: `web-${number}` }));
  splitter.push(encodeRecord(encode(MasterEvent, snapshot({ tasks, agents: ['A1', 'A2'] }))));
  const titles = (typed: string, limit = 5) =>
    findAll(store, typed, limit).map(({ kind, title }) => `${kind} ${title}`);

  test('frameworks, roles, agents and tasks are found by their names and ids', () => {
    assert.deepEqual(titles('marathon'), ['framework marathon']);
    assert.deepEqual(titles('a2.ex'), ['agent A2.example']);
    assert.equal(titles('web')[0], 'role web');
    assert.equal(titles('web-17')[0], 'task web-17');
    assert.deepEqual(titles(' '), []);
    assert.deepEqual(titles('no such thing'), []);
  });

  test('only the best are listed', () => {
    assert.equal(titles('web', 7).length, 7);
  });
});
