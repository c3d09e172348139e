import assert from 'node:assert/strict';
import { test } from 'node:test';
import { empty, type Request } from '@meseta/process';
import type { MasterInfo } from '@meseta/protocol';
import { FakeClock } from '@meseta/system/testing';
import { type Lead, redirectToLeader } from './standby.ts';

const own: MasterInfo = { id: 'own', ip: 0, port: 5050, hostname: 'own.example' };
const request = { method: 'GET', url: '/state', headers: {} } as Request;
const answer = empty(202);

function scene() {
  const { promise: opening, resolve, reject } = Promise.withResolvers<void>();
  const clock = new FakeClock();
  let lead: Lead = { own, leader: own, isOpening: true, opening, term: undefined };
  const handler = redirectToLeader(() => lead, clock);
  return {
    clock,
    answered: Promise.resolve(handler(request)),
    again: () => Promise.resolve(handler(request)),
    open() {
      lead = { own, leader: own, isOpening: false, opening: undefined, term: { handle: () => answer } };
      resolve();
    },
    fail() {
      lead = { own, leader: undefined, isOpening: false, opening: undefined, term: undefined };
      reject(new Error('The disk is full'));
    },
  };
}

test('a request that comes while a master begins to lead is answered by the routes of a leader', async () => {
  const { answered, open } = scene();
  open();
  assert.equal(await answered, answer);
});

test('a request does not wait for ever for a master that reads its registry', async () => {
  const { answered, again, clock } = scene();
  clock.advance(5000);
  for (const answer of [answered, again(), again()]) {
    const { status, body } = await answer;
    assert.deepEqual([status, body], [503, 'Master has not finished recovery']);
  }
});

test('a request is answered when a master cannot lead', async () => {
  const { answered, fail } = scene();
  fail();
  const { status, body } = await answered;
  assert.deepEqual([status, body], [503, 'No leader elected']);
});
