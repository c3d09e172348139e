import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explanationUrl, fieldOf, fieldProblem, whySearch } from './search.ts';

test('parameters of the address are read as texts, and others are ignored', () => {
  assert.deepEqual(whySearch({ framework: 7, cpus: 0.5, mem: 'x', role: '', disk: {}, filter: 'a', offset: '50' }), {
    framework: '7',
    cpus: '0.5',
    mem: 'x',
    offset: 50,
  });
  assert.deepEqual(whySearch({ offset: -1, reason: 'HELD' }), { reason: 'HELD' });
});

const problems: readonly [value: string, isProblem: boolean][] = [
  ['', false],
  ['0.5', false],
  ['1024', false],
  ['0', true],
  ['0.0001', true],
  ['-1', true],
  ['1GB', true],
  ['1e3', true],
];
for (const [value, isProblem] of problems) {
  test(`an amount of '${value}' is ${isProblem ? 'marked' : 'asked for'}`, () => {
    assert.equal(fieldProblem('mem', value) !== undefined, isProblem);
  });
}

test('the master is asked for what is right, and for a page of agents on request', () => {
  assert.equal(explanationUrl({ role: 'web' }), undefined);
  assert.equal(
    explanationUrl({ framework: 'f 1', role: 'a/b', cpus: '2', mem: 'much' }),
    '/allocation/explain?framework_id=f+1&role=a%2Fb&cpus=2',
  );
  assert.equal(
    explanationUrl({ framework: 'f', reason: 'HELD', offset: 50 }),
    '/allocation/explain?framework_id=f&reason=HELD&limit=50&offset=50',
  );
});

test('what the master refuses belongs to a field', () => {
  assert.equal(fieldOf("Parameter 'cpus' is '-1'; allowed: …"), 'cpus');
  assert.equal(fieldOf("Parameter 'role' is no role: …"), 'role');
  assert.equal(fieldOf("Parameter 'framework_id' is given twice; allowed: one value"), 'framework');
  assert.equal(fieldOf("Parameter 'reason' is 'x'; allowed: …"), undefined);
});
