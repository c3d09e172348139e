import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asRequestError } from './request.ts';
import { expectShape, type Shape } from './shape.ts';

const offers: Shape = {
  total: 'number',
  offers: [{ id: 'string', 'hostname?': 'string', resources: { '*': 'number' } }],
};

const cases: readonly (readonly [answer: unknown, shape: Shape, problem?: string])[] = [
  [{ total: 1, offers: [{ id: 'O1', resources: { cpus: 1 }, more: 7 }] }, offers],
  [{ total: 0, offers: [] }, offers],
  [null, offers, 'it is no object'],
  ['<html>', offers, 'it is no object'],
  [[], offers, 'it is no object'],
  [{}, offers, "'total' is no number"],
  [{ total: 1, offers: {} }, offers, "'offers' is no list"],
  [{ total: 1, offers: [null] }, offers, "'offers[0]' is no object"],
  [{ total: 1, offers: [{ id: 'O1', hostname: 1, resources: {} }] }, offers, "'offers[0].hostname' is no string"],
  [{ total: 1, offers: [{ id: 'O1', resources: { cpus: 'x' } }] }, offers, "'offers[0].resources.cpus' is no number"],
  [JSON.parse('{"__proto__": 1}'), { constructor: 'any', name: 'string' } as Shape, "'name' is no string"],
  [7, 'any'],
  [true, 'boolean'],
];

for (const [answer, shape, problem] of cases) {
  test(`${JSON.stringify(answer)} ${problem ?? 'is as expected'}`, () => {
    if (problem === undefined) assert.equal(expectShape(answer, shape), answer);
    else {
      assert.throws(
        () => expectShape(answer, shape, 'The agent'),
        (error: unknown) => {
          assert.equal(asRequestError(error).code, 'ANSWER_MALFORMED');
          assert.match(String(error), new RegExp(`The agent answered .*: ${problem.replace(/[[\].]/g, '\\$&')}\\.`));
          return true;
        },
      );
    }
  });
}
