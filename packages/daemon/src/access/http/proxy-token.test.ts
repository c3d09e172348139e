import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { Request } from '@meseta/process';
import { openAccess, type Realm } from '../access-control.ts';
import { signJwt } from './jwt.ts';
import { withProxyTokens } from './proxy-authentication.ts';
import { proxyToken, readProxyKey, readProxyToken } from './proxy-token.ts';

const key = Buffer.alloc(32, 'k');
const otherKey = Buffer.alloc(32, 'o');
const nowMs = 1_700_000_000_000;
const now = nowMs / 1000;
const good = { iss: 'meseta-master', sub: 'alice', aud: 'S1', exp: now + 60 };
const made = proxyToken({ principal: 'alice', agentId: 'S1' }, key, nowMs);

const readings: { name: string; token: string; agentId?: string; atMs?: number; result: string }[] = [
  { name: 'right', token: made, result: 'alice' },
  { name: 'its last second', token: made, atMs: nowMs + 60_000, result: 'alice' },
  {
    name: 'too late',
    token: made,
    atMs: nowMs + 61_000,
    result: `Token has expired: exp(${now + 60}) < now(${now + 61})`,
  },
  { name: 'another agent', token: made, agentId: 'S2', result: 'Token is for another agent' },
  { name: 'an agent without an id', token: made, agentId: '', result: 'Token is for another agent' },
  { name: 'another key', token: signJwt(good, otherKey), result: 'Token signature does not match' },
  { name: 'no signature', token: made.slice(0, made.lastIndexOf('.') + 1), result: 'Token signature does not match' },
  { name: 'of an executor', token: signJwt({ cid: 'c', eid: 'e', fid: 'f' }, key), result: 'Token is not of a master' },
  { name: 'no end', token: signJwt({ ...good, exp: undefined }, key), result: 'Token has no end' },
  {
    name: 'valid for a year',
    token: signJwt({ ...good, exp: now + 31_536_000 }, key),
    result: 'Token is valid for too long: clocks differ',
  },
  { name: 'no principal', token: signJwt({ ...good, sub: '' }, key), result: 'Token names no principal' },
  { name: 'a list of agents', token: signJwt({ ...good, aud: ['S1'] }, key), result: 'Token is for another agent' },
  { name: 'no token', token: 'x', result: 'Expected 3 components in token, got 1' },
];

for (const { name, token, agentId = 'S1', atMs = nowMs, result } of readings) {
  test(`reading a token, ${name}: ${result}`, () => {
    const reading = readProxyToken(token, key, agentId === '' ? undefined : agentId, atMs);
    assert.equal('problem' in reading ? reading.problem : reading.principal, result);
  });
}

const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${made.split('.')[1]}.`;
const requests: { name: string; authorization?: string; realm?: Realm; result: string }[] = [
  { name: 'a token', authorization: `Bearer ${made}`, result: 'alice' },
  { name: 'a token for changes', authorization: `bearer ${made}`, realm: 'mesos-agent-readwrite', result: 'alice' },
  { name: 'a wrong token', authorization: `Bearer ${signJwt(good, otherKey)}`, result: '401' },
  { name: 'a token without a signature', authorization: `Bearer ${unsigned}`, result: '401' },
  {
    name: 'a token where executors come',
    authorization: `Bearer ${made}`,
    realm: 'mesos-agent-executor',
    result: 'inner',
  },
  { name: 'a token of an executor', authorization: `Bearer ${signJwt({ cid: 'c' }, key)}`, result: 'inner' },
  { name: 'a password', authorization: 'Basic YTpi', result: 'inner' },
  { name: 'another word', authorization: `Basic ${made}`, result: 'inner' },
  { name: 'nothing', result: 'inner' },
];

for (const { name, authorization, realm = 'mesos-agent-readonly', result } of requests) {
  test(`a request with ${name} in ${realm}: ${result}`, async () => {
    const inner = { ...openAccess, authenticate: () => ({ principal: { value: 'inner' } }) };
    const access = withProxyTokens(inner, { key, agentId: () => 'S1', clock: { now: () => nowMs } });
    const request = { headers: { ...(authorization && { authorization }) } } as Request;
    const { principal, refusal } = await access.authenticate(request, realm);
    assert.equal(refusal ? String(refusal.status) : principal?.value, result);
  });
}

const files: { name: string; mode: number; bytes: number; problem?: RegExp }[] = [
  { name: 'private', mode: 0o600, bytes: 32 },
  { name: 'read-only', mode: 0o400, bytes: 64 },
  { name: 'for a group', mode: 0o640, bytes: 32, problem: /--agent_proxy_key, '.*': others .* chmod 600/ },
  { name: 'for all', mode: 0o644, bytes: 32, problem: /others than its owner can use it/ },
  { name: 'short', mode: 0o600, bytes: 31, problem: /has 31 bytes, and needs at least 32/ },
  { name: 'empty', mode: 0o600, bytes: 0, problem: /it is empty/ },
];

for (const { name, mode, bytes, problem } of files) {
  test(`a key in a file that is ${name}: ${problem ? 'refused' : 'taken'}`, t => {
    const directory = mkdtempSync(path.join(tmpdir(), 'key-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const file = path.join(directory, 'key');
    writeFileSync(file, Buffer.alloc(bytes, 'k'));
    chmodSync(file, mode);
    if (problem) assert.throws(() => readProxyKey(file), { code: 'SECRET_KEY', message: problem });
    else assert.equal(readProxyKey(file).length, bytes);
  });
}
