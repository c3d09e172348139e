import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idProblem } from '@meseta/protocol';
import fc from 'fast-check';
import { frameworkIdOf, generationOf } from './identity.ts';

test('an id follows from the principal, and shows it', () => {
  assert.equal(frameworkIdOf(undefined, 1), 'meseta-run');
  assert.equal(frameworkIdOf(undefined, 2), 'meseta-run.2');
  assert.match(frameworkIdOf('ops', 1), /^meseta-run-ops-[0-9a-f]{16}$/);
  assert.equal(frameworkIdOf('ops', 1), frameworkIdOf('ops', 1));
  assert.notEqual(frameworkIdOf('o/s', 1), frameworkIdOf('o_s', 1));
});

test('any principal has valid ids, which are found again and are not those of others', () => {
  const principals = fc.option(fc.string({ unit: 'binary' }), { nil: undefined });
  const property = fc.property(principals, principals, fc.integer({ min: 1, max: 1e6 }), (one, other, generation) => {
    const id = frameworkIdOf(one, generation);
    assert.equal(idProblem(id), undefined);
    const info = (principal: string | undefined) => ({
      id: { value: id },
      ...(principal !== undefined && { principal }),
    });
    assert.equal(generationOf(info(one)), generation);
    if (one !== other) assert.equal(generationOf(info(other)), undefined);
  });
  fc.assert(property);
});

for (const id of ['meseta-run.1', 'meseta-run.0', 'meseta-run.x', 'meseta-run-', 'meseta-runs', 'a-0000', '']) {
  test(`'${id}' is no id of a built-in framework`, () => assert.equal(generationOf({ id: { value: id } }), undefined));
}
