import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SessionAnswer, type SessionState, sessionAnswer, stateAfter } from './state.ts';

const schemes = ['Basic'];
const answer = (principal: string | null, authentication = true, session = true): SessionAnswer => ({
  principal,
  authentication,
  session,
  schemes,
});
const signedIn = (principal: string): SessionState => ({ phase: 'signed-in', principal, canSignOut: true });
const signedOut = (last?: string): SessionState => ({ phase: 'signed-out', schemes, last });
const unknown: SessionState = { phase: 'unknown' };

const cases: { name: string; before: SessionState; answer: SessionAnswer; isOver?: boolean; after: SessionState }[] = [
  { name: 'a master without passwords', before: unknown, answer: answer(null, false), after: { phase: 'open' } },
  { name: 'the first visit', before: unknown, answer: answer(null), after: signedOut() },
  { name: 'still signed in', before: unknown, answer: answer('ops'), after: signedIn('ops') },
  {
    name: 'a proxy says who it is',
    before: unknown,
    answer: answer('ops', true, false),
    after: { phase: 'signed-in', principal: 'ops', canSignOut: false },
  },
  { name: 'signing in', before: signedOut(), answer: answer('ops'), after: signedIn('ops') },
  { name: 'a session that is over', before: signedIn('ops'), answer: answer(null), after: signedOut('ops') },
  { name: 'it stays over', before: signedOut('ops'), answer: answer(null), after: signedOut('ops') },
  { name: 'signing out', before: signedIn('ops'), answer: answer(null), isOver: true, after: signedOut() },
  {
    name: 'signing out when it was over',
    before: signedOut('ops'),
    answer: answer(null),
    isOver: true,
    after: signedOut(),
  },
];
for (const { name, before, answer: given, isOver, after } of cases)
  test(name, () => assert.deepEqual(stateAfter(before, given, isOver), after));

test('only answers of a master are read', () => {
  const least = { principal: null, authentication: true };
  assert.deepEqual(sessionAnswer(least), { ...least, session: true, schemes: [] });
  for (const value of [undefined, null, [], {}, { principal: 1, authentication: true }, { authentication: true }])
    assert.equal(sessionAnswer(value), undefined);
});
