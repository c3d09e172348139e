import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closest } from './did-you-mean.ts';

const candidates = ['tasks', 'agents', 'frameworks', 'task logs', 'local', 'run'];
const cases: [word: string, meant: string | undefined][] = [
  ['task', 'tasks'],
  ['agnets', 'agents'],
  ['framework', 'frameworks'],
  ['rnu', 'run'],
  ['tsak logs', 'task logs'],
  ['zebra', undefined],
  ['x', undefined],
];
for (const [word, meant] of cases)
  test(`'${word}' means ${meant}`, () => assert.equal(closest(word, candidates), meant));
