import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerTo, isRight, newChallenge, parseAnswer } from './cram-md5.ts';

/** The example of RFC 2195, and what was recorded of Apache Mesos's agent and of mesos-go. */
const answers: readonly { challenge: string; principal: string; secret: string; answer: string }[] = [
  {
    challenge: '<1896.697170952@postoffice.reston.mci.net>',
    principal: 'tim',
    secret: 'tanstaaftanstaaf',
    answer: 'tim b913a602c7eda7a495b4e6e7334d3890',
  },
  {
    challenge: '<767920708.74921@vm>',
    principal: 'agent1',
    secret: 's3cret-agent',
    answer: 'agent1 7af1cb4748c5d6a888499854ca9fe4f1',
  },
  {
    challenge: '<2436385462.74924@vm>',
    principal: 'fw1',
    secret: 's3cret-fw',
    answer: 'fw1 954497d7a52c02e7385670f096b84210',
  },
];
for (const { challenge, principal, secret, answer } of answers) {
  test(`the answer of ${principal}`, () => {
    const bytes = Buffer.from(challenge);
    assert.equal(answerTo(bytes, principal, secret).toString(), answer);
    const parsed = parseAnswer(Buffer.from(answer));
    assert.ok(parsed);
    assert.equal(parsed.principal, principal);
    assert.equal(isRight(parsed, bytes, secret), true);
    assert.equal(isRight(parsed, bytes, `${secret} `), false);
    assert.equal(isRight(parsed, bytes, undefined), false);
    assert.equal(isRight(parsed, Buffer.from(`${challenge} `), secret), false);
  });
}

test('the secret of nobody opens nothing', () => {
  const challenge = Buffer.from('<1.1@host>');
  const parsed = parseAnswer(answerTo(challenge, 'nobody', 'none'));
  assert.ok(parsed);
  assert.equal(isRight(parsed, challenge, undefined), false);
});

const digest = 'b913a602c7eda7a495b4e6e7334d3890';
const texts: readonly { name: string; text: string | Buffer; principal?: string }[] = [
  { name: 'a principal with spaces', text: `one two ${digest}`, principal: 'one two' },
  { name: 'a principal beyond ASCII', text: `été ${digest}`, principal: 'été' },
  { name: 'nothing', text: '' },
  { name: 'no principal', text: ` ${digest}` },
  { name: 'no digest', text: 'tim ' },
  { name: 'a short digest', text: `tim ${digest.slice(1)}` },
  { name: 'capital digits', text: `tim ${digest.toUpperCase()}` },
  { name: 'a NUL', text: `ti\0m ${digest}` },
  { name: 'what is not UTF-8', text: Buffer.concat([Buffer.from([0xff]), Buffer.from(` ${digest}`)]) },
  { name: 'a giant', text: `${'a'.repeat(1024)} ${digest}` },
];
for (const { name, text, principal } of texts) {
  test(`takes an answer apart: ${name}`, () =>
    assert.deepEqual(parseAnswer(Buffer.from(text)), principal === undefined ? undefined : { principal, digest }));
}

test('no challenge comes twice', () => {
  const challenges = Array.from({ length: 1000 }, () => newChallenge('host', 1_700_000_000_000));
  assert.equal(new Set(challenges).size, challenges.length);
  for (const challenge of challenges) assert.match(challenge, /^<\d+\.1700000000@host>$/);
});
