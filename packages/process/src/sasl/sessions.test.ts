/** Both sides of an authentication, step by step, without a network. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ClientInput, type ClientSession, stepClientSession } from './client-session.ts';
import { answerTo, isRight } from './cram-md5.ts';
import { beginServerSession, type ServerInput, type ServerSession, stepServerSession } from './server-session.ts';

const challenge = '<767920708.74921@vm>';
const base64 = (text: string) => Buffer.from(text).toString('base64');
const credential = { principal: 'agent1', secret: 's3cret-agent' };

const start: ServerInput = { kind: 'start', body: { mechanism: 'CRAM-MD5', data: '' } };
const answer = answerTo(Buffer.from(challenge), credential.principal, credential.secret);
const step: ServerInput = { kind: 'step', body: { data: answer.toString('base64') } };

/** What a server does at each input: messages by their kinds, and its end. */
function served(inputs: readonly ServerInput[]): string[] {
  const done: string[] = [];
  let [session, effects]: readonly [ServerSession, readonly object[]] = beginServerSession();
  const note = () => {
    for (const effect of effects as ReturnType<typeof stepServerSession>[1]) {
      if (effect.type === 'send') done.push(effect.message.kind);
      else if (effect.type === 'verify') done.push(`verify ${effect.answer.principal}`);
      else done.push(`end: ${'problem' in effect.outcome ? effect.outcome.problem : effect.outcome.type}`);
    }
  };
  note();
  for (const input of inputs) {
    [session, effects] = stepServerSession(session, input, () => challenge);
    note();
  }
  return done;
}

const servers: readonly { name: string; inputs: readonly ServerInput[]; done: readonly (string | RegExp)[] }[] = [
  {
    name: 'a right answer',
    inputs: [start, step, { kind: 'verdict', right: true }],
    done: ['mechanisms', 'step', 'verify agent1', 'completed', 'end: completed'],
  },
  {
    name: 'a wrong answer',
    inputs: [start, step, { kind: 'verdict', right: false }],
    done: ['mechanisms', 'step', 'verify agent1', 'failed', 'end: failed'],
  },
  {
    name: 'a start without data',
    inputs: [{ kind: 'start', body: { mechanism: 'CRAM-MD5' } }],
    done: ['mechanisms', 'step'],
  },
  {
    name: 'another mechanism',
    inputs: [{ kind: 'start', body: { mechanism: 'PLAIN' } }, start],
    done: ['mechanisms', 'error', /^end: There is no mechanism 'PLAIN'; allowed: CRAM-MD5$/],
  },
  {
    name: 'an initial answer',
    inputs: [{ kind: 'start', body: { mechanism: 'CRAM-MD5', data: base64('x') } }],
    done: ['mechanisms', 'error', /must have no data/],
  },
  { name: 'a step first', inputs: [step, start], done: ['mechanisms', 'error', /Unexpected authentication 'step'/] },
  { name: 'two starts', inputs: [start, start, step], done: ['mechanisms', 'step', 'error', /'start' received/] },
  {
    name: 'two answers to one challenge',
    inputs: [start, step, step],
    done: ['mechanisms', 'step', 'verify agent1', 'error', /'step' received/],
  },
  {
    name: 'no answer at all',
    inputs: [start, { kind: 'step', body: { data: base64('agent1') } }],
    done: ['mechanisms', 'step', 'error', /Not an answer of CRAM-MD5; allowed/],
  },
  {
    name: 'nothing counts after the end',
    inputs: [start, step, { kind: 'verdict', right: false }, start, step, { kind: 'verdict', right: true }],
    done: ['mechanisms', 'step', 'verify agent1', 'failed', 'end: failed'],
  },
];
for (const { name, inputs, done } of servers) {
  test(`server: ${name}`, () => assertDone(served(inputs), done));
}

const mechanisms: ClientInput = { kind: 'mechanisms', body: { mechanisms: ['PLAIN', 'CRAM-MD5'] } };
const asks: ClientInput = { kind: 'step', body: { data: base64(challenge) } };
const completed: ClientInput = { kind: 'completed', body: {} };
const failed: ClientInput = { kind: 'failed', body: {} };

/** What a client does at each input: the texts it sends, and its end. */
function said(inputs: readonly ClientInput[]): string[] {
  const done: string[] = [];
  let session: ClientSession = 'starting';
  for (const input of inputs) {
    const [next, effects] = stepClientSession(session, input, credential);
    session = next;
    for (const effect of effects) {
      if (effect.type === 'end') {
        done.push(`end: ${'problem' in effect.outcome ? effect.outcome.problem : effect.outcome.type}`);
      } else if (effect.message.kind === 'start') done.push(effect.message.body.mechanism);
      else done.push(Buffer.from(effect.message.body.data, 'base64').toString());
    }
  }
  return done;
}

const theAnswer = answer.toString();
const clients: readonly { name: string; inputs: readonly ClientInput[]; done: readonly (string | RegExp)[] }[] = [
  { name: 'completed', inputs: [mechanisms, asks, completed], done: ['CRAM-MD5', theAnswer, 'end: completed'] },
  { name: 'refused', inputs: [mechanisms, asks, failed], done: ['CRAM-MD5', theAnswer, 'end: failed'] },
  {
    name: 'another mechanism only',
    inputs: [{ kind: 'mechanisms', body: { mechanisms: ['PLAIN'] } }],
    done: [/^end: it offers PLAIN, and only CRAM-MD5 is known here$/],
  },
  { name: 'no mechanism', inputs: [{ kind: 'mechanisms', body: {} }], done: [/it offers nothing/] },
  { name: 'a challenge first', inputs: [asks, mechanisms], done: [/unexpected authentication 'step'/] },
  { name: 'only one challenge is answered', inputs: [mechanisms, asks, asks], done: ['CRAM-MD5', theAnswer, /'step'/] },
  {
    name: 'an empty challenge',
    inputs: [mechanisms, { kind: 'step', body: { data: '' } }],
    done: ['CRAM-MD5', /its challenge has 0 bytes; allowed: 1 to 1024/],
  },
  {
    name: 'a giant challenge',
    inputs: [mechanisms, { kind: 'step', body: { data: base64('a'.repeat(1025)) } }],
    done: ['CRAM-MD5', /1025 bytes/],
  },
  { name: 'refused before it has answered', inputs: [mechanisms, failed], done: ['CRAM-MD5', /unexpected .*'failed'/] },
  { name: 'completed too soon', inputs: [completed], done: [/unexpected authentication 'completed'/] },
  { name: 'an error', inputs: [{ kind: 'error', body: { error: 'No' } }, asks], done: ["end: it answers 'No'"] },
];
for (const { name, inputs, done } of clients) {
  test(`client: ${name}`, () => assertDone(said(inputs), done));
}

function assertDone(done: readonly string[], expected: readonly (string | RegExp)[]): void {
  assert.equal(done.length, expected.length, done.join('; '));
  for (const [index, each] of expected.entries()) {
    const actual = done[index] ?? '';
    if (typeof each === 'string') assert.equal(actual, each);
    else assert.match(actual, each);
  }
}

test('what the client answers is right', () => {
  assert.equal(
    isRight({ principal: 'agent1', digest: theAnswer.split(' ')[1] ?? '' }, Buffer.from(challenge), credential.secret),
    true,
  );
});
