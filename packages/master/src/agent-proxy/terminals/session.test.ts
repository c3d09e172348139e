/** What a terminal does with a client that is silent, and with an agent that does not take input. */
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { type TestContext, test } from 'node:test';
import { HttpAnswerError } from '@meseta/process';
import { type AgentProcessIO, decodeTerminalOutput, encodeTerminalInput, type TerminalEnd } from '@meseta/protocol';
import { FakeClock } from '@meseta/system/testing';
import type { WebSocket } from 'ws';
import type { Agent } from '../../state/agent.ts';
import { beatMs, idleBeats, TerminalSession } from './session.ts';

/** The master's end of a WebSocket. */
class FakeSocket extends EventEmitter {
  readonly frames: Buffer[] = [];
  bufferedAmount = 0;
  isPaused = false;
  pings = 0;
  closed: number | undefined;

  send(frame: Uint8Array, sent?: () => void): void {
    this.frames.push(Buffer.from(frame));
    queueMicrotask(() => sent?.());
  }

  ping(): void {
    this.pings++;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  close(code: number): void {
    this.closed = code;
  }

  terminate(): void {
    this.emit('close');
  }

  type(text: string): void {
    this.emit('message', Buffer.from(encodeTerminalInput({ kind: 'input', data: Buffer.from(text) })), true);
  }

  /** How many bytes of input were confirmed. */
  get confirmed(): number {
    return this.frames
      .map(frame => decodeTerminalOutput(frame))
      .reduce((sum, output) => (output.kind === 'taken' ? sum + output.bytes : sum), 0);
  }

  get end(): TerminalEnd | undefined {
    const last = this.frames.at(-1);
    const output = last && decodeTerminalOutput(last);
    return output?.kind === 'end' ? output.end : undefined;
  }
}

/** A session with an agent whose command writes nothing until the connection ends. */
function begin(
  t: TestContext,
  { refusal, inputWindow, takes }: { refusal?: HttpAnswerError; inputWindow?: number; takes?: Promise<void> } = {},
) {
  const clock = new FakeClock();
  const socket = new FakeSocket();
  const taken: AgentProcessIO[] = [];
  let isOver = false;
  const untilAborted = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const session = new TerminalSession(socket as unknown as WebSocket, {
    ...{
      agent: { id: 'S0' } as Agent,
      launch: { container_id: { value: 'c' } },
      window: undefined,
      inputWindow,
      clock,
    },
    streams: {
      launchSession: async (_, signal) => ({ [Symbol.asyncIterator]: () => ({ next: () => untilAborted(signal) }) }),
      attachInput: async (_, input, signal) => {
        if (refusal) throw refusal;
        signal.throwIfAborted();
        await takes;
        for await (const message of input) taken.push(message);
      },
      wait: async () => 0,
    },
  });
  const running = session.run().finally(() => {
    isOver = true;
  });
  t.after(() => {
    socket.terminate();
    return running;
  });
  /** Lets beats pass, in each of which the client does something. */
  const beats = async (count: number, each: () => void = () => undefined) => {
    for (let beat = 0; beat < count; beat++) {
      clock.advance(beatMs);
      each();
      await new Promise(setImmediate);
    }
  };
  return { clock, socket, taken, running, beats, isOver: () => isOver };
}

test('a client that answers no pings is gone', async t => {
  const { socket, beats, running } = begin(t);
  await beats(10, () => socket.emit('pong'));
  assert.equal(socket.pings, 10);
  await beats(4);
  assert.equal(await running, undefined);
});

test('a terminal on which nothing moves is ended, and keys are something', async t => {
  const { socket, beats, running, isOver } = begin(t);
  await beats(idleBeats - 1, () => socket.emit('pong'));
  socket.type('x');
  await beats(idleBeats, () => socket.emit('pong'));
  assert.equal(isOver(), false);
  await beats(2, () => socket.emit('pong'));
  assert.equal((await running)?.how, 'idle');
  assert.equal(socket.closed, 4002);
});

test('keys get to the agent in their order, with heartbeats between them', async t => {
  const { socket, taken, beats } = begin(t);
  socket.type('a');
  await beats(1, () => socket.emit('pong'));
  socket.type('b');
  await beats(0);
  await new Promise(setImmediate);
  const seen = taken.map(({ data, control }) => (data ? atob(data.data ?? '') : control?.type));
  assert.deepEqual(seen, ['a', 'HEARTBEAT', 'b']);
});

for (const [status, ends] of [
  [403, true],
  [500, false],
] as const) {
  test(`an agent that refuses input with ${status} ${ends ? 'ends the terminal' : 'lets it go on'}`, async t => {
    const { socket, beats, isOver } = begin(t, { refusal: new HttpAnswerError(status, 'no') });
    await beats(2, () => socket.emit('pong'));
    assert.equal(isOver(), ends);
    assert.equal(socket.end?.how, ends ? 'refused' : undefined);
    // What is typed then waits nowhere.
    for (let key = 0; key < 100; key++) socket.type('x');
    assert.equal(socket.isPaused, false);
  });
}

test('input is confirmed when it is taken, and what the client says is read meanwhile', async t => {
  const taking = Promise.withResolvers<void>();
  const { socket, beats } = begin(t, { inputWindow: 100, takes: taking.promise });
  for (let key = 0; key < 100; key++) socket.type('x');
  await beats(1, () => socket.emit('pong'));
  assert.deepEqual([socket.isPaused, socket.confirmed], [false, 0]);
  socket.type('x'); // more than it may
  assert.equal(socket.isPaused, true);
  taking.resolve();
  await beats(2, () => socket.emit('pong'));
  assert.equal(socket.isPaused, false);
  assert.equal(socket.confirmed, 100); // the rest with more of it
});

test('input that no command takes is confirmed, so that it waits nowhere', async t => {
  const { socket, beats } = begin(t, { refusal: new HttpAnswerError(500, 'no'), inputWindow: 100 });
  await beats(1, () => socket.emit('pong'));
  for (let key = 0; key < 1000; key++) socket.type('x');
  assert.deepEqual([socket.isPaused, socket.confirmed], [false, 1000]);
});

test('a client that wants no confirmation gets none', async t => {
  const { socket, beats } = begin(t);
  socket.type('x'.repeat(1000));
  await beats(1, () => socket.emit('pong'));
  assert.equal(socket.confirmed, 0);
});
