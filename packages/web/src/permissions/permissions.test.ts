import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { type Ask, type Check, Permissions, type Verdict } from './permissions.ts';

const drain = (agent_id: string): Check => ({ action: 'drain_agent', agent_id });
const no: Verdict = { allowed: false, reason: 'Not yours.' };

function setUp(answer: (checks: readonly Check[]) => ReturnType<Ask> = async checks => checks.map(() => no)) {
  const asked: (readonly Check[])[] = [];
  const permissions = new Permissions(async checks => {
    asked.push(checks);
    return answer(checks);
  });
  const known = (check: Check) => eventually('an answer', () => permissions.of(check));
  return { permissions, asked, known };
}

test('questions of one turn are one request, and are asked once', async () => {
  const { permissions, asked, known } = setUp();
  permissions.want([drain('A')]);
  permissions.want([drain('B'), drain('A'), { agent_id: 'A', action: 'drain_agent' }]);
  assert.equal(permissions.of(drain('A')), undefined);
  assert.deepEqual(await known(drain('A')), no);
  permissions.want([drain('A'), drain('B')]);
  await known(drain('B'));
  assert.deepEqual(asked, [[drain('A'), drain('B')]]);
});

test('a request has a thousand questions at most', async () => {
  const { permissions, asked, known } = setUp();
  permissions.want(Array.from({ length: 2500 }, (_, index) => drain(`A${index}`)));
  await known(drain('A2499'));
  assert.deepEqual(
    asked.map(({ length }) => length),
    [1000, 1000, 500],
  );
});

test('everything is asked again when the page is connected again, and answers of before count for nothing', async () => {
  const first = Promise.withResolvers<readonly Verdict[]>();
  const { permissions, asked, known } = setUp(async () => (asked.length === 1 ? first.promise : [{ allowed: true }]));
  permissions.want([drain('A')]);
  await eventually('the first question', () => asked.length === 1);
  permissions.connected(false);
  permissions.connected(true);
  permissions.want([drain('A')]);
  first.resolve([no]);
  assert.deepEqual(await known(drain('A')), { allowed: true });
  permissions.connected(true);
  assert.deepEqual(permissions.of(drain('A')), { allowed: true });
});

test('another state of the thing is another question', async () => {
  const { permissions, asked } = setUp();
  permissions.want([drain('A')], 'active');
  await eventually('an answer', () => permissions.of(drain('A'), 'active'));
  assert.equal(permissions.of(drain('A'), 'draining'), undefined);
  permissions.want([drain('A')], 'draining');
  await eventually('an answer', () => permissions.of(drain('A'), 'draining'));
  permissions.want([drain('A')], 'active');
  assert.deepEqual(asked, [[drain('A')], [drain('A')]]);
});

test('everything is asked again for another user', async () => {
  const { permissions, asked, known } = setUp();
  permissions.isOf('ops');
  permissions.want([drain('A')]);
  await known(drain('A'));
  permissions.isOf('ops');
  assert.deepEqual(permissions.of(drain('A')), no);
  permissions.isOf('guest');
  assert.equal(permissions.of(drain('A')), undefined);
  permissions.want([drain('A')]);
  await known(drain('A'));
  assert.equal(asked.length, 2);
});

test('a master that cannot answer is asked once', async () => {
  const { permissions, asked } = setUp(async () => undefined);
  permissions.want([drain('A')]);
  await eventually('the question', () => asked.length === 1);
  await new Promise(setImmediate);
  permissions.want([drain('B')]);
  await new Promise(setImmediate);
  assert.equal(asked.length, 1);
  assert.equal(permissions.of(drain('A')), undefined);
});

test('a question that failed stays open, and is asked again', async () => {
  const { permissions, asked, known } = setUp(async () => {
    if (asked.length === 1) throw new Error('503');
    return [no];
  });
  permissions.want([drain('A')]);
  await eventually('the first attempt', () => asked.length === 1);
  await new Promise(setImmediate);
  permissions.want([drain('A')]);
  assert.deepEqual(await known(drain('A')), no);
});
