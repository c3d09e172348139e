import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type ConnectionEffect,
  type ConnectionInput,
  type ConnectionPolicy,
  type ConnectionState,
  idle,
  step,
} from './connection-state.ts';
import { SchedulerError } from './errors.ts';

const policy: ConnectionPolicy = {
  minBackoffMs: 100,
  maxBackoffMs: 1000,
  maxRedirects: 2,
  firstPatienceMs: Number.POSITIVE_INFINITY,
  patienceMs: Number.POSITIVE_INFINITY,
};
const cause = new Error('broken');
const retry = { kind: 'retry', cause } as const;
const redirect = { kind: 'redirect', origin: 'http://b', cause } as const;
const fatal = { kind: 'fatal', error: new SchedulerError('FRAMEWORK_REMOVED', 'gone') } as const;

/** A machine that is fed inputs for its current epoch. */
class Machine {
  state: ConnectionState = idle;
  effects: ConnectionEffect[] = [];
  nowMs = 0;
  readonly policy: ConnectionPolicy;

  constructor(more: Partial<ConnectionPolicy> = {}) {
    this.policy = { ...policy, ...more };
  }

  feed(input: ConnectionInput, random = 0.5): this {
    const [state, effects] = step(this.state, input, { policy: this.policy, nowMs: this.nowMs, random });
    this.state = state;
    this.effects = effects;
    return this;
  }

  get epoch(): number {
    return 'epoch' in this.state ? this.state.epoch : 0;
  }

  get summary(): string {
    return [this.state.name, ...this.effects.map(describe)].join(' ');
  }
}

function describe(effect: ConnectionEffect): string {
  if (effect.type === 'wait') return `wait:${effect.ms}`;
  if (effect.type === 'subscribe') return `subscribe:${effect.origin}`;
  if (effect.type === 'end') return `end:${(effect.error as SchedulerError | undefined)?.code ?? ''}`;
  return effect.type;
}

type Word = 'start' | 'stop' | 'located' | 'subscribed' | 'retry' | 'redirect' | 'fatal' | 'due';
const inputs: Record<Word, (epoch: number) => ConnectionInput> = {
  start: () => ({ type: 'start' }),
  stop: () => ({ type: 'stop' }),
  located: epoch => ({ type: 'located', epoch, origin: 'http://a' }),
  subscribed: epoch => ({ type: 'subscribed', epoch }),
  retry: epoch => ({ type: 'failed', epoch, verdict: retry }),
  redirect: epoch => ({ type: 'failed', epoch, verdict: redirect }),
  fatal: epoch => ({ type: 'failed', epoch, verdict: fatal }),
  due: epoch => ({ type: 'due', epoch }),
};

const cases: [words: string, summary: string][] = [
  ['', 'idle'],
  ['located', 'idle'],
  ['start', 'locating locate'],
  ['start start', 'locating'],
  ['start located', 'subscribing subscribe:http://a'],
  ['start retry', 'waiting release wait:50 report'],
  ['start retry due', 'locating locate'],
  ['start located subscribed', 'subscribed'],
  ['start located redirect', 'subscribing release subscribe:http://b'],
  ['start located redirect redirect', 'subscribing release subscribe:http://b'],
  ['start located redirect redirect redirect', 'waiting release wait:50 report'],
  ['start located retry due retry due located retry', 'waiting release wait:200 report'],
  ['start located subscribed retry', 'waiting release wait:50 report'],
  ['start located subscribed redirect', 'waiting release wait:50 report'],
  ['start located subscribed located', 'subscribed'],
  ['start located fatal', 'ended release end:FRAMEWORK_REMOVED'],
  ['start located subscribed fatal', 'ended release end:FRAMEWORK_REMOVED'],
  ['start located subscribed stop', 'ended release end:'],
  ['stop start', 'ended'],
  ['start stop fatal', 'ended'],
];
for (const [words, summary] of cases) {
  test(`${words || 'nothing'}: ${summary}`, () => {
    const machine = new Machine();
    for (const word of words.split(' ').filter(Boolean)) machine.feed(inputs[word as Word](machine.epoch));
    assert.equal(machine.summary, summary);
  });
}

test('a subscription that lasts begins with the shortest delay again, one that breaks at once does not', () => {
  const machine = new Machine();
  const words: Word[] = ['start', 'located', 'retry', 'due', 'located', 'retry', 'due', 'located', 'subscribed'];
  for (const word of words) machine.feed(inputs[word](machine.epoch));
  const { state } = machine;
  assert.equal(machine.feed(inputs.retry(machine.epoch)).summary, 'waiting release wait:200 report');
  machine.state = state;
  machine.nowMs = 1000;
  assert.equal(machine.feed(inputs.retry(machine.epoch)).summary, 'waiting release wait:50 report');
});

test('patience ends before the first subscription and after one, each by its own time', () => {
  const machine = new Machine({ firstPatienceMs: 1000, patienceMs: 2000 });
  machine.feed(inputs.start(0)).nowMs = 900;
  machine.feed(inputs.retry(machine.epoch)).feed(inputs.due(machine.epoch)).nowMs = 999;
  assert.equal(machine.feed(inputs.retry(machine.epoch)).summary, 'ended release end:MASTER_LOST');

  const second = new Machine({ firstPatienceMs: 1000, patienceMs: 2000 });
  for (const word of ['start', 'located', 'subscribed'] as const) second.feed(inputs[word](second.epoch));
  second.nowMs = 50_000;
  assert.equal(second.feed(inputs.retry(second.epoch)).state.name, 'waiting');
  second.feed(inputs.due(second.epoch)).nowMs = 51_990;
  assert.equal(second.feed(inputs.retry(second.epoch)).summary, 'ended release end:MASTER_LOST');
});

test('without patience the first failure is the end', () => {
  const machine = new Machine({ firstPatienceMs: 0 });
  machine.feed(inputs.start(0)).feed(inputs.located(machine.epoch));
  assert.equal(machine.feed(inputs.retry(machine.epoch), 0).summary, 'ended release end:MASTER_LOST');
});

test('whatever happens, in any order and late', () => {
  const word = fc.constantFrom<Word>('start', 'located', 'subscribed', 'retry', 'redirect', 'due', 'fatal', 'stop');
  const event = fc.record({
    word,
    /** How many epochs the input is late. */
    late: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(3)),
    ms: fc.nat(5000),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), events => {
      const machine = new Machine();
      let redirects = 0;
      for (const { word, late, ms, random } of events) {
        machine.nowMs += ms;
        const before = machine.state;
        const epoch = machine.epoch;
        machine.feed(inputs[word](epoch - late), random);
        const { state, effects } = machine;
        const begun = effects.filter(({ type }) => ['locate', 'subscribe', 'wait'].includes(type));
        assert.ok(begun.length <= 1, 'one thing at a time');
        if (before.name === 'ended') assert.deepEqual([state, effects], [before, []], 'the end is the end');
        const isLate = late > 0 && word !== 'start' && word !== 'stop';
        if (isLate) assert.equal(state, before, 'what is late has no consequences');
        assert.ok(machine.epoch >= epoch || state.name === 'ended', 'epochs grow');
        for (const effect of begun) {
          assert.equal('epoch' in effect && effect.epoch, machine.epoch, 'effects are of the current epoch');
          if (effect.type === 'wait')
            assert.ok(effect.ms >= 0 && effect.ms <= policy.maxBackoffMs, 'delays are bounded');
          redirects = effect.type === 'subscribe' && effect.origin === 'http://b' ? redirects + 1 : 0;
          assert.ok(redirects <= policy.maxRedirects, 'redirects are bounded');
        }
        // Whatever held a connection is released before something else begins.
        const held = before.name === 'subscribed' || before.name === 'subscribing';
        if (held && state !== before && state.name !== 'subscribed') assert.equal(effects[0]?.type, 'release');
        const isIdle = state.name === 'idle' || state.name === 'ended' || state.name === 'subscribed';
        if (state !== before && !isIdle) assert.equal(begun.length, 1, 'it never stands still');
      }
    }),
  );
});
