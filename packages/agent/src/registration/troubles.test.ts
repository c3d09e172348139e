import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addTrouble, noTroubles } from './troubles.ts';

const minutes = (problems: readonly (readonly [minute: number, problem: string])[]) => {
  let troubles = noTroubles;
  return problems.flatMap(([minute, problem]) => {
    const [next, logs] = addTrouble(troubles, problem, minute * 60_000);
    troubles = next;
    return logs ? [minute] : [];
  });
};

const cases: [name: string, problems: [minute: number, problem: string][], logged: number[]][] = [
  ['the first problem is logged at once', [[0, 'a']], [0]],
  [
    'a problem that stays is logged again after a minute',
    [
      [0, 'a'],
      [0.5, 'a'],
      [1, 'a'],
      [1.5, 'a'],
    ],
    [0, 1],
  ],
  ['intervals grow to ten minutes', Array.from({ length: 41 }, (_, minute) => [minute, 'a']), [0, 1, 3, 8, 18, 28, 38]],
  [
    'another problem is logged at once',
    [
      [0, 'a'],
      [0.1, 'b'],
      [0.2, 'a'],
      [0.3, 'b'],
    ],
    [0, 0.1],
  ],
  [
    'problems that are ever new are bounded',
    Array.from({ length: 100 }, (_, index) => [index / 1000, `problem ${index}`]),
    [0, 0.001, 0.002, 0.003, 0.004],
  ],
];
for (const [name, problems, logged] of cases) test(name, () => assert.deepEqual(minutes(problems), logged));
