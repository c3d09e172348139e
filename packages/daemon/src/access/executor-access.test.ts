import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Principal } from '@meseta/process';
import { openAccess } from './access-control.ts';
import { type Question, whole } from './actions.ts';
import { withExecutors } from './executor-access.ts';

const container_id = { value: 'c', parent: { value: 'root' } };
const kill: Question = { action: 'KILL_NESTED_CONTAINER', object: { container_id } };

const cases: readonly { readonly who: Principal; readonly question: Question; readonly allowed: boolean }[] = [
  { who: { claims: { cid: 'root' } }, question: kill, allowed: true },
  { who: { claims: { cid: 'c' } }, question: kill, allowed: false },
  { who: { claims: {} }, question: kill, allowed: false },
  {
    who: { claims: { cid: 'root' } },
    question: { action: 'ATTACH_CONTAINER_INPUT', object: { container_id } },
    allowed: false,
  },
  { who: { claims: { cid: 'root' } }, question: { action: 'VIEW_FLAGS', object: whole }, allowed: false },
  { who: { value: 'p', claims: { cid: 'root' } }, question: { action: 'VIEW_FLAGS', object: whole }, allowed: true },
];
for (const { who, question, allowed } of cases) {
  test(`${JSON.stringify(who)} ${allowed ? 'may' : 'may not'} ${question.action}`, () => {
    const { authorize } = withExecutors(openAccess);
    assert.equal(authorize(who, question.action, question.object), allowed);
  });
}

test('an executor sees nothing in views, others what they saw before', async () => {
  const { filter } = withExecutors(openAccess);
  const see = await filter({ claims: { cid: 'root' } }, 'VIEW_FRAMEWORK');
  assert.equal(see?.({ framework_info: { name: 'f', user: 'u' } }), false);
  assert.equal(filter({ value: 'p' }, 'VIEW_FRAMEWORK'), undefined);
});
