import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signJwt } from '@meseta/daemon';
import { readSessionToken, type Session, sessionToken, setCookie, tokenIn } from './token.ts';

const key = Buffer.alloc(32, 'k');
const nowMs = 1_700_000_000_000;
const session: Session = { id: 'a', principal: { value: 'ops' }, credential: 'c', end: nowMs / 1000 + 60 };
const made = sessionToken(session, key) ?? '';
const claims = { iss: 'meseta-web-ui', jti: 'a', sub: 'ops', cred: 'c', exp: nowMs / 1000 + 60 };

test('a token says what its session is', () => {
  assert.deepEqual(readSessionToken(made, key, nowMs), session);
  const withClaims = { ...session, principal: { value: 'ops', claims: { team: 'web' } } };
  assert.deepEqual(readSessionToken(sessionToken(withClaims, key) ?? '', key, nowMs), withClaims);
});

const [head, payload, signed] = made.split('.');
const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'root' })).toString('base64url');
const refused: Record<string, string> = {
  nothing: '',
  'another key': sessionToken(session, Buffer.alloc(32, 'o')) ?? '',
  'another principal under the same signature': `${head}.${forged}.${signed}`,
  'no signature': `${head}.${payload}.`,
  'no algorithm': `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`,
  'a token that is over': signJwt({ ...claims, exp: nowMs / 1000 - 1 }, key),
  'a token without an end': signJwt({ ...claims, exp: undefined }, key),
  'a token for an agent': signJwt({ ...claims, iss: 'meseta-master' }, key),
  'no principal': signJwt({ ...claims, sub: undefined }, key),
  'no credential': signJwt({ ...claims, cred: undefined }, key),
  'more than a cookie has': `${made}${'x'.repeat(4000)}`,
};
for (const [name, token] of Object.entries(refused))
  test(`${name} is no session`, () => assert.equal(readSessionToken(token, key, nowMs), undefined));

test('a principal that does not fit into a cookie has no token', () => {
  const principal = { value: 'ops', claims: { groups: 'x'.repeat(4000) } };
  assert.equal(sessionToken({ ...session, principal }, key), undefined);
});

const cookies: [name: string, header: string | undefined, token: string | undefined][] = [
  ['none', undefined, undefined],
  ['another one', 'theme=dark', undefined],
  ['one whose name begins alike', 'meseta_session2=x', undefined],
  ['one whose value has the name', 'a=meseta_session', undefined],
  ['ours', 'meseta_session=x.y.z', 'x.y.z'],
  ['ours among others', 'theme=dark; meseta_session=x.y.z;b=', 'x.y.z'],
  ['ours twice: one is of somebody else', 'meseta_session=x; meseta_session=y', undefined],
];
for (const [name, header, token] of cookies) test(`cookies: ${name}`, () => assert.equal(tokenIn(header), token));

test('attributes of the cookie', () => {
  const always = 'Path=/; HttpOnly; SameSite=Strict';
  assert.equal(setCookie('t', { secure: false }), `meseta_session=t; ${always}`);
  assert.equal(setCookie('t', { secure: true }), `meseta_session=t; ${always}; Secure`);
  assert.equal(setCookie(undefined, { secure: false }), `meseta_session=; ${always}; Max-Age=0`);
});
