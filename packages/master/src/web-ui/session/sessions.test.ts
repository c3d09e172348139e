import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { FakeClock } from '@meseta/system/testing';
import { silentLogger } from '@meseta/telemetry/testing';
import { Sessions } from './sessions.ts';

const ops = { value: 'ops' };

function bench(t: TestContext) {
  const directory = mkdtempSync(path.join(tmpdir(), 'sessions-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = path.join(directory, 'sessions');
  const clock = new FakeClock();
  const secrets = new Map([['ops', 'secret']]);
  const open = (at: string | undefined = file) =>
    Sessions.open({
      file: at,
      lifetimeMs: 60_000,
      credentialOf: ({ value = '' }) => secrets.get(value),
      clock,
      log: silentLogger(),
    });
  return {
    file,
    clock,
    secrets,
    open,
    inMemory: () =>
      Sessions.open({ file: undefined, lifetimeMs: 60_000, credentialOf: () => 'c', clock, log: silentLogger() }),
  };
}

test('a session lasts its time, also when the master is started again', async t => {
  const { clock, open, file } = bench(t);
  const token = (await open()).begin(ops) ?? '';
  const next = await open();
  assert.deepEqual(next.of(token)?.principal, ops);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  clock.advance(62_000);
  assert.equal(next.of(token), undefined);
});

test('who has signed out stays signed out when the master is started again; other browsers stay signed in', async t => {
  const { open } = bench(t);
  const first = await open();
  const [one = '', other = ''] = [first.begin(ops), first.begin(ops)];
  const session = first.of(one);
  assert.ok(session);
  await first.end(session);
  for (const sessions of [first, await open()]) {
    assert.equal(sessions.of(one), undefined);
    assert.ok(sessions.of(other));
  }
});

test('a session ends with its credential', async t => {
  const { open, secrets } = bench(t);
  const sessions = await open();
  const token = sessions.begin(ops) ?? '';
  secrets.set('ops', 'another');
  assert.equal(sessions.of(token), undefined);
  secrets.set('ops', 'secret');
  assert.ok(sessions.of(token));
  secrets.delete('ops');
  assert.equal(sessions.of(token), undefined);
});

const damages: [name: string, damage: (file: string) => void][] = [
  ['others can read', file => chmodSync(file, 0o640)],
  ['is no JSON', file => writeFileSync(file, '{')],
  ['has no key', file => writeFileSync(file, '{"signed_out": {}}')],
  ['has a short key', file => writeFileSync(file, '{"key": "eA=="}')],
  ['is empty', file => writeFileSync(file, '')],
];
for (const [name, damage] of damages) {
  test(`a key in a file that ${name} is replaced`, async t => {
    const { open, file } = bench(t);
    const token = (await open()).begin(ops) ?? '';
    const before = readFileSync(file, 'utf8');
    damage(file);
    const sessions = await open();
    assert.equal(sessions.of(token), undefined);
    assert.notEqual(readFileSync(file, 'utf8'), before);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.ok(sessions.of(sessions.begin(ops) ?? ''));
  });
}

test('without a place for the key, sessions end with the process; no cookie of another one counts', async t => {
  const { inMemory } = bench(t);
  const token = (await inMemory()).begin(ops) ?? '';
  assert.equal((await inMemory()).of(token), undefined);
});

test('a disk that cannot be written keeps nobody from signing in and out', async t => {
  const { open, file } = bench(t);
  const sessions = await open(path.join(file, 'none'));
  const token = sessions.begin(ops) ?? '';
  const session = sessions.of(token);
  assert.ok(session);
  await sessions.end(session);
  assert.equal(sessions.of(token), undefined);
});

test('what a session has open ends with it: when it is over, or signed out, and not otherwise', async t => {
  const { clock, open } = bench(t);
  const sessions = await open();
  const ended: string[] = [];
  const begin = () => {
    const session = sessions.of(sessions.begin(ops) ?? '');
    assert.ok(session);
    return session;
  };
  const [one, other] = [begin(), begin()];
  sessions.onEnd(one, () => ended.push('one'));
  sessions.onEnd(other, () => ended.push('other'));
  sessions.onEnd(other, () => ended.push('closed before'))();
  await sessions.end(one);
  assert.deepEqual(ended, ['one']);
  sessions.onEnd(one, () => ended.push('late'));
  assert.deepEqual(ended.splice(1), ['late']);
  clock.advance(61_000);
  assert.deepEqual(ended, ['one', 'other']);
});

test('a principal that signs out too often signs out everywhere; others stay signed in, also after a restart', async t => {
  const { open, secrets } = bench(t);
  secrets.set('other', 'secret');
  const sessions = await open();
  const [stays = '', streams = '', other = ''] = [
    sessions.begin(ops),
    sessions.begin(ops),
    sessions.begin({ value: 'other' }),
  ];
  const [session, streaming, others] = [stays, streams, other].map(token => sessions.of(token));
  assert.ok(session && streaming && others);
  const ended: string[] = [];
  sessions.onEnd(streaming, () => ended.push('ops'));
  sessions.onEnd(others, () => ended.push('other'));
  for (let count = 0; count < 500; count++) await sessions.end({ ...session, id: `${count}` });
  assert.ok(sessions.of(stays));
  await sessions.end({ ...session, id: 'one more' });
  assert.deepEqual(ended, ['ops']);
  let hasEnded = false;
  sessions.onEnd(session, () => {
    hasEnded = true;
  });
  assert.ok(hasEnded, 'a request that was on its way then');
  const again = sessions.begin(ops) ?? '';
  for (const each of [sessions, await open()]) {
    assert.deepEqual([each.of(stays), each.of(streams)], [undefined, undefined]);
    assert.ok(each.of(other));
    assert.ok(each.of(again), 'in the same second');
  }
});

test('a principal can sign out everywhere again and again', async t => {
  const { inMemory, clock } = bench(t);
  const sessions = await inMemory();
  for (let round = 0; round < 3; round++) {
    const token = sessions.begin(ops) ?? '';
    const session = sessions.of(token);
    assert.ok(session);
    for (let count = 0; count <= 500; count++) await sessions.end({ ...session, id: `${round}-${count}` });
    assert.equal(sessions.of(token), undefined);
  }
  clock.advance(100_000);
  assert.ok(sessions.of(sessions.begin(ops) ?? ''));
});

test('only so many of all principals are remembered; then everybody signs in again', async t => {
  const { inMemory } = bench(t);
  const sessions = await inMemory();
  const stays = sessions.begin(ops) ?? '';
  const session = sessions.of(stays);
  assert.ok(session);
  const ended: string[] = [];
  sessions.onEnd(session, () => ended.push('ops'));
  for (let count = 0; count <= 10_000; count++) {
    assert.deepEqual(ended, []);
    await sessions.end({ ...session, id: `${count}`, principal: { value: `${count % 50}` } });
  }
  assert.deepEqual(ended, ['ops']);
  assert.equal(sessions.of(stays), undefined);
  assert.ok(sessions.of(sessions.begin(ops) ?? ''));
});
