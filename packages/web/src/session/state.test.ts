import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOtherUser, type SessionAnswer, type SessionState, sessionAnswer, stateAfter } from './state.ts';

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

const others: [name: string, before: SessionState, after: SessionState, isOther: boolean][] = [
  ['nobody before', signedOut(), signedIn('ops'), false],
  ['the same', signedOut('ops'), signedIn('ops'), false],
  ['a session that is over', signedIn('ops'), signedOut('ops'), false],
  ['another user', signedOut('ops'), signedIn('guest'), true],
  ['another user in another tab', signedIn('ops'), signedIn('guest'), true],
  ['signed out', signedIn('ops'), signedOut(), true],
  ['passwords are not asked for any more', signedIn('ops'), { phase: 'open' }, true],
];
for (const [name, before, after, isOther] of others)
  test(`what is shown goes, ${name}: ${isOther}`, () => assert.equal(isOtherUser(before, after), isOther));

test('only answers of a master are read', () => {
  const least = { principal: null, authentication: true };
  assert.deepEqual(sessionAnswer(least), { ...least, session: true, schemes: [] });
  for (const value of [undefined, null, [], {}, { principal: 1, authentication: true }, { authentication: true }])
    assert.equal(sessionAnswer(value), undefined);
});
