/** The authenticators one by one and combined, against what Mesos answers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuthenticatedRequest, AuthenticationResult, HttpAuthenticator } from './authenticator.ts';
import { BasicAuthenticator } from './basic.ts';
import { BearerAuthenticator } from './bearer.ts';
import { CombinedAuthenticator } from './combined.ts';
import { signJwt } from './jwt.ts';

const realm = 'mesos-agent-readwrite';
const key = Buffer.from('a key');
const basic = new BasicAuthenticator(
  new Map([
    ['ops', 's3cret'],
    ['dév', 'pä:ss'],
    ['nobody', ''],
  ]),
);
const bearer = new BearerAuthenticator(key, { now: () => 1_000_000 });

function request(authorization?: string): AuthenticatedRequest {
  const headers = authorization === undefined ? {} : { authorization };
  return { method: 'GET', url: '/state', headers, peer: { address: '127.0.0.1', port: 1 } };
}
const password = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

const known: [authorization: string, principal: string][] = [
  [password('ops:s3cret'), 'ops'],
  [password('ops:s3cret').replace('Basic', 'basic'), 'ops'],
  [password('dév:pä:ss'), 'dév'],
];
for (const [authorization, value] of known) {
  test(`Basic knows ${value} by '${authorization}'`, () => {
    assert.deepEqual(basic.authenticate(request(authorization), realm), { principal: { value } });
  });
}

const unknown: Record<string, string | undefined> = {
  nothing: undefined,
  'an empty header': '',
  'the scheme alone': 'Basic',
  'two spaces': password('ops:s3cret').replace(' ', '  '),
  'another scheme': 'Bearer abc',
  'no base64': 'Basic ops:s3cret',
  'base64 with a line break': 'Basic b3Bz\nOnMzY3JldA==',
  'no colon': password('ops'),
  'another secret': password('ops:S3cret'),
  'a part of the secret': password('ops:s3cre'),
  'more than the secret': password('ops:s3cret '),
  'no secret': password('ops:'),
  'another principal': password('root:s3cret'),
  'a principal whose secret is empty': password('nobody:'),
  'a name of objects': password('__proto__:x'),
  'a long secret': password(`ops:${'s'.repeat(100_000)}`),
};
for (const [name, authorization] of Object.entries(unknown)) {
  test(`Basic refuses ${name}`, () => {
    const expected = { unauthorized: { challenge: 'Basic realm="mesos-agent-readwrite"' } };
    assert.deepEqual(basic.authenticate(request(authorization), realm), expected);
  });
}

const invalid = (why: string) => ({
  unauthorized: {
    challenge: `Bearer realm="mesos-agent-readwrite", error="invalid_token", error_description="${why}"`,
  },
});
const tokens: { name: string; authorization: string | undefined; result: AuthenticationResult }[] = [
  {
    name: 'a token',
    authorization: `Bearer ${signJwt({ fid: 'f', n: 1, deep: { a: [true] } }, key)}`,
    result: { principal: { claims: { fid: 'f', n: '1', deep: '{"a":[true]}' } } },
  },
  { name: 'nothing', authorization: undefined, result: { unauthorized: { challenge: `Bearer realm="${realm}"` } } },
  { name: 'one word', authorization: 'Bearer', result: invalid("Malformed 'Authorization' header") },
  { name: 'three words', authorization: 'Bearer a b', result: invalid("Malformed 'Authorization' header") },
  { name: 'a password', authorization: password('ops:s3cret'), result: invalid("Scheme 'Basic' unsupported") },
  { name: 'a secret as scheme', authorization: 's3cret x', result: invalid('Scheme unsupported') },
  {
    name: 'no token',
    authorization: 'Bearer x',
    result: invalid('Invalid JWT: Expected 3 components in token, got 1'),
  },
  {
    name: 'a token of another key',
    authorization: `Bearer ${signJwt({ fid: 'f' }, Buffer.from('b'))}`,
    result: invalid('Invalid JWT: Token signature does not match'),
  },
  {
    name: 'an expired token',
    authorization: `Bearer ${signJwt({ exp: 1 }, key)}`,
    result: invalid('Invalid JWT: Token has expired: exp(1) < now(1000)'),
  },
  { name: 'no claims', authorization: `Bearer ${signJwt({}, key)}`, result: invalid('JWT claims missing') },
  {
    name: 'another algorithm, whose name is quoted',
    authorization: `Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`,
    result: invalid(`Invalid JWT: Token 'alg' value \\"none\\" does not match, expected \\"HS256\\"`),
  },
];
for (const { name, authorization, result } of tokens) {
  test(`Bearer: ${name}`, () => assert.deepEqual(bearer.authenticate(request(authorization), realm), result));
}

const fixed = (scheme: string, result: AuthenticationResult | Error, later = false): HttpAuthenticator => ({
  scheme,
  authenticate() {
    if (later) return result instanceof Error ? Promise.reject(result) : Promise.resolve(result);
    if (result instanceof Error) throw result;
    return result;
  },
});
const someone = { principal: { value: 'someone' } };
const no = (challenge: string) => ({ unauthorized: { challenge } });
const saidNo = (scheme: string) => `"${scheme}" authenticator returned:\n401 Unauthorized.`;

const combined: { name: string; parts: readonly HttpAuthenticator[]; result: AuthenticationResult }[] = [
  { name: 'the first one that knows counts', parts: [fixed('A', someone), fixed('B', no('B'))], result: someone },
  { name: 'a later one that knows counts', parts: [fixed('A', no('A')), fixed('B', someone, true)], result: someone },
  {
    name: 'one that fails does not matter',
    parts: [fixed('A', new Error('x'), true), fixed('B', someone)],
    result: someone,
  },
  {
    name: 'all challenges are in one header',
    parts: [fixed('A', no('A realm="r"')), fixed('B', no('B realm="r"'), true)],
    result: { unauthorized: { challenge: 'A realm="r",B realm="r"', body: `${saidNo('A')}\n\n${saidNo('B')}` } },
  },
  {
    name: '401 comes before 403',
    parts: [fixed('A', { forbidden: {} }), fixed('B', no('B'))],
    result: { unauthorized: { challenge: 'B', body: saidNo('B') } },
  },
  {
    name: '403 comes before a failure',
    parts: [fixed('A', { forbidden: { body: 'Go away' } }), fixed('B', new Error('x'))],
    result: { forbidden: { body: '"A" authenticator returned:\nGo away' } },
  },
  {
    name: 'no challenge, and an empty body',
    parts: [fixed('A', { unauthorized: { body: '' } }), fixed('B', { unauthorized: {} })],
    result: { unauthorized: { body: saidNo('B') } },
  },
];
for (const { name, parts, result } of combined) {
  test(`combined: ${name}`, async () => {
    assert.deepEqual(await new CombinedAuthenticator(parts).authenticate(request(), realm), result);
  });
}

test('combined: when all fail, it fails with all messages', async () => {
  const all = new CombinedAuthenticator([fixed('A', new Error('one')), fixed('B', new Error('two'), true)]);
  await assert.rejects(async () => all.authenticate(request(), realm), {
    message: '"A" authenticator returned:\none\n\n"B" authenticator returned:\ntwo',
  });
});

test('combined: built-in authenticators answer in the same tick', () => {
  const both = new CombinedAuthenticator([basic, bearer]);
  assert.equal(both.scheme, 'Basic Bearer');
  assert.deepEqual(both.authenticate(request(`Bearer ${signJwt({ fid: 'f' }, key)}`), realm), {
    principal: { claims: { fid: 'f' } },
  });
});
