import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type OwnerAction, takeUser, type UserNews } from './owner.ts';

const signedIn = (principal: string): UserNews => ({ principal, mayRead: true, isOver: false });
const open: UserNews = { principal: undefined, mayRead: true, isOver: false };
const expired: UserNews = { principal: undefined, mayRead: false, isOver: false };
const signedOut: UserNews = { ...expired, isOver: true };

const cases: {
  name: string;
  owner?: string;
  news: UserNews;
  waits?: boolean;
  after: [owner: string | undefined, action: OwnerAction];
}[] = [
  { name: 'a master without passwords', news: open, after: [undefined, 'keep'] },
  { name: 'a page of a user that was signed in before', news: signedIn('ops'), after: ['ops', 'keep'] },
  { name: 'signing in', news: signedIn('ops'), waits: true, after: ['ops', 'restart'] },
  {
    name: 'the next tab that hears of it',
    owner: 'ops',
    news: signedIn('ops'),

    after: ['ops', 'keep'],
  },
  { name: 'a session that is over', owner: 'ops', news: expired, waits: true, after: ['ops', 'keep'] },
  {
    name: 'the same user again',
    owner: 'ops',
    news: signedIn('ops'),
    waits: true,
    after: ['ops', 'restart'],
  },
  { name: 'another user', owner: 'ops', news: signedIn('guest'), waits: true, after: ['guest', 'forget'] },
  { name: 'another user, while events come', owner: 'ops', news: signedIn('guest'), after: ['guest', 'forget'] },
  { name: 'signing out', owner: 'ops', news: signedOut, after: [undefined, 'forget'] },
  { name: 'the next tab that hears of that', news: signedOut, after: [undefined, 'keep'] },
  { name: 'a master that asks for passwords no more', owner: 'ops', news: open, after: [undefined, 'forget'] },
];
for (const { name, owner, news, waits = false, after } of cases)
  test(name, () => assert.deepEqual(takeUser(owner, news, waits), after));
