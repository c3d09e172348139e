import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { readJwt, signJwt } from './jwt.ts';

const key = Buffer.from('a key');
const nowMs = 1_000_000_000_000;
const now = nowMs / 1000;

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
/** A token with any header and payload, signed right. */
function forge(header: unknown, payload: unknown, algorithm = 'sha256'): string {
  const text = `${encode(header)}.${encode(payload)}`;
  return `${text}.${createHmac(algorithm, key).update(text).digest('base64url')}`;
}
const head = { alg: 'HS256', typ: 'JWT' };

test('a token of RFC 7515, appendix A.1, is taken', () => {
  const octets = 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow';
  const token =
    'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvb' +
    'S9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
  const expected = { iss: 'joe', exp: 1300819380, 'http://example.com/is_root': true };
  assert.deepEqual(readJwt(token, Buffer.from(octets, 'base64url'), nowMs), { claims: expected });
});

test('what is signed is read, with the same key only', () => {
  const claims = { fid: 'f', eid: 'é', cid: 'c' };
  const token = signJwt(claims, key);
  assert.deepEqual(readJwt(token, key, nowMs), { claims });
  assert.equal(signJwt(claims, key), token);
  assert.deepEqual(readJwt(token, Buffer.from('another key'), nowMs), { problem: 'Token signature does not match' });
});

const taken: [name: string, payload: object][] = [
  ['a token until now', { exp: now }],
  ['a token from now on', { nbf: now }],
  ['a token with a time between seconds', { exp: now + 0.5 }],
];
for (const [name, payload] of taken) {
  test(`${name} is taken`, () => assert.deepEqual(readJwt(forge(head, payload), key, nowMs), { claims: payload }));
}

const [start = '', payload = '', end = ''] = signJwt({ fid: 'f' }, key).split('.');
const refused: [name: string, token: string, problem: RegExp][] = [
  ['nothing', '', /^Expected 3 components in token, got 1$/],
  ['two parts', `${start}.${payload}`, /got 2$/],
  ['five parts', `${start}.${payload}.${end}.${end}.${end}`, /got 5$/],
  ['no signature', `${start}.${payload}.`, /^Token signature does not match$/],
  ['a cut signature', `${start}.${payload}.${end.slice(0, -4)}`, /^Token signature does not match$/],
  ['a longer signature', `${start}.${payload}.${end}AAAA`, /^Token signature does not match$/],
  ['a signature in another alphabet', `${start}.${payload}.+/==`, /^Failed to base64url-decode token signature$/],
  ['changed claims', `${start}.${encode({ fid: 'g' })}.${end}`, /^Token signature does not match$/],
  [
    'algorithm none',
    `${encode({ alg: 'none' })}.${payload}.`,
    /^Token 'alg' value "none" does not match, expected "HS256"$/,
  ],
  ['algorithm none, signed', forge({ alg: 'none' }, {}), /"none" does not match/],
  ['algorithm NONE', forge({ alg: 'NONE' }, {}), /^Unsupported token algorithm: NONE$/],
  ['algorithm RS256', forge({ alg: 'RS256' }, {}), /"RS256" does not match/],
  ['algorithm HS512', forge({ alg: 'HS512' }, {}, 'sha512'), /^Unsupported token algorithm: HS512$/],
  [
    'a long name of an algorithm',
    forge({ alg: 'x'.repeat(9999) }, {}),
    /^Unsupported token algorithm: it has no known name$/,
  ],
  ['no algorithm', forge({}, {}), /^Failed to locate 'alg'/],
  ['a number as algorithm', forge({ alg: 7 }, {}), /^Token 'alg' field is not a string$/],
  ['extensions', forge({ ...head, crit: ['x'] }, {}), /^Token 'crit' field is unsupported$/],
  ['a type that is none', forge({ ...head, typ: 1 }, {}), /^Token 'typ' is not a string$/],
  ['a header that is a list', forge([head], {}), /^Failed to decode token header: /],
  [
    'a header that is no JSON',
    `${Buffer.from('{').toString('base64url')}.${payload}.${end}`,
    /^Failed to decode token header: /,
  ],
  ['a header in another alphabet', `+.${payload}.${end}`, /^Failed to decode token header: /],
  ['a payload that is null', forge(head, null), /^Failed to decode token payload: /],
  [
    'a payload of a thousand levels',
    forge(head, JSON.parse('['.repeat(1000) + ']'.repeat(1000))),
    /^Failed to decode token payload: /,
  ],
  ['an expired one', forge(head, { exp: now - 1 }), /^Token has expired: exp\(999999999\) < now\(1000000000\)$/],
  ['one of tomorrow', forge(head, { nbf: now + 86_400 }), /^Token is not valid yet: /],
  ['a text as time', forge(head, { exp: '9999999999' }), /^JSON payload 'exp' field is not a number$/],
  ['null as time', forge(head, { nbf: null }), /^JSON payload 'nbf' field is not a number$/],
];
for (const [name, token, problem] of refused) {
  test(`refused: ${name}`, () => assert.match(readJwt(token, key, nowMs).problem ?? '', problem));
}
