import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AttemptInput, newAttempt, step } from './attempt.ts';

const request = { path: '/api/v1', body: { type: 'DEACTIVATE_AGENT' } };
const submit: AttemptInput = { type: 'submit', prepared: { request } };
const refusal = { message: 'No agent found', status: 400, code: 'AGENT_UNKNOWN' };

/** Does one after another. @returns the last state, and the requests that were sent. */
function after(...inputs: AttemptInput[]) {
  let attempt = newAttempt({ role: '' });
  const sent: object[] = [];
  for (const input of inputs) {
    const [next, made] = step(attempt, input);
    attempt = next;
    if (made) sent.push(made);
  }
  return { ...attempt, sent };
}

test('what is submitted twice is sent once', () => {
  const { phase, sent } = after(submit, submit, submit);
  assert.equal(phase, 'sending');
  assert.deepEqual(sent, [request]);
});

test('what has problems is not sent, and editing a field takes its problem away', () => {
  const problems = { role: 'Which role?', size: 'How much?' };
  const refused = after({ type: 'submit', prepared: { problems } });
  assert.deepEqual([refused.phase, refused.problems, refused.sent], ['editing', problems, []]);
  const edited = after({ type: 'submit', prepared: { problems } }, { type: 'edit', field: 'role', value: 'web' });
  assert.deepEqual([edited.values, edited.problems], [{ role: 'web' }, { size: 'How much?' }]);
  // Where the page goes to what is wrong, it would leave the field that is being edited.
  assert.deepEqual([refused.failures, edited.failures], [1, 1]);
});

test('nothing is edited while it is sent', () => {
  assert.deepEqual(after(submit, { type: 'edit', field: 'role', value: 'web' }).values, { role: '' });
});

test('a refusal is at its field, and can be tried again', () => {
  const refused: AttemptInput = { type: 'refused', refusal, field: 'role' };
  const { phase, problems, refusedAt } = after(submit, refused);
  assert.deepEqual([phase, problems, refusedAt], ['editing', { role: 'No agent found' }, 'role']);
  assert.equal(after(submit, refused, submit, refused).failures, 2);
  const again = after(submit, refused, submit);
  assert.deepEqual([again.phase, again.refusal, again.sent.length], ['sending', undefined, 2]);
  assert.deepEqual(after(submit, { type: 'refused', refusal, field: undefined }).problems, {});
  assert.equal(after(submit, { type: 'accepted' }).phase, 'accepted');
});
