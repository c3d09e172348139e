/** Connects a WebSocket to a command in the container of a task, until one of both ends. */
import { HttpAnswerError } from '@meseta/process';
import {
  type AgentCallLaunchNestedContainerSession,
  type AgentProcessIO,
  decodeTerminalInput,
  encodeTerminalOutput,
  type TerminalEnd,
  TerminalFrameError,
  type TerminalInput,
} from '@meseta/protocol';
import { type AgentStreams, exitCodeOfRefusal, exitCodeOfStatus, InputQueue } from '@meseta/scheduler';
import { type Clock, every } from '@meseta/system';
import type { WebSocket } from 'ws';
import type { Agent } from '../../state/agent.ts';
import { failureOfAgent, LateHeadError } from '../answer.ts';
import { closeCodes } from './close-codes.ts';

/** Time between pings to the client and heartbeats to the agent, in milliseconds. */
export const beatMs = 15_000;
/** A client that leaves so many pings unanswered is gone. */
const mostUnanswered = 3;
/** A terminal on which nothing moves for so long is ended: 8 hours. */
export const idleBeats = (8 * 60 * 60 * 1000) / beatMs;
/** How long an agent may take to launch the command, in milliseconds. */
const launchMs = 30_000;
/** How long to wait for how a command ended whose output has, in milliseconds. */
const waitMs = 10_000;
/** So much output may wait to be sent before no more is read from the agent. */
const mostWaitingBytes = 256 * 1024;
/** So many messages of a client whose input is confirmed may wait for the agent, however short they are. */
const mostWaitingMessages = 1024;

/** What a session is made of. */
export interface SessionParts {
  readonly agent: Agent;
  /** Closed by the caller. */
  readonly streams: Pick<AgentStreams, 'launchSession' | 'attachInput' | 'wait'>;
  readonly launch: AgentCallLaunchNestedContainerSession;
  /** How many bytes of output may be unconfirmed by the client; undefined: any number. */
  readonly window: number | undefined;
  /** How many bytes of input may be unconfirmed to the client; undefined: nothing is confirmed. */
  readonly inputWindow: number | undefined;
  readonly clock: Clock;
}

/** See the top of this file. The command ends with the session, and the session with its WebSocket. */
export class TerminalSession {
  readonly #socket: WebSocket;
  readonly #parts: SessionParts;
  readonly #input = new InputQueue();
  readonly #over = new AbortController();
  #end: TerminalEnd | undefined;
  #takesInput = true;
  /** Bytes of output that the client has not confirmed. */
  #untaken = 0;
  /** Bytes of input that wait for the agent. */
  #waitingInput = 0;
  /** Bytes of input that were taken and are not confirmed yet. */
  #takenInput = 0;
  #wake: () => void = () => undefined;
  #unanswered = 0;
  #quietBeats = 0;

  constructor(socket: WebSocket, parts: SessionParts) {
    this.#socket = socket;
    this.#parts = parts;
  }

  /** Runs until the end. Never rejects. @returns how it ended; undefined: the client is gone. */
  async run(): Promise<TerminalEnd | undefined> {
    this.#listen();
    const stopBeats = every(this.#parts.clock, beatMs, () => this.#beat());
    try {
      this.end(await this.#passOutput());
    } catch (error) {
      this.end(this.#endOf(error));
    } finally {
      stopBeats();
    }
    return this.#end;
  }

  /** Ends it, and says how to the client. Without effect when it has ended. */
  end(end: TerminalEnd): void {
    if (this.#over.signal.aborted) return;
    this.#end = end;
    this.#socket.send(encodeTerminalOutput({ kind: 'end', end }));
    this.#socket.close(closeCodes[end.how], end.how);
    this.#stop();
  }

  /** Ends what it does with the agent, and with that the command. */
  #stop(): void {
    this.#over.abort();
    this.#input.end();
    this.#wake();
    // So that the client's answer to the close is read.
    if (this.#socket.isPaused) this.#socket.resume();
  }

  #listen(): void {
    const socket = this.#socket;
    this.#input.onRoom = () => socket.resume();
    socket.on('message', (data, isBinary) => this.#take(data as Buffer, isBinary));
    socket.on('pong', () => {
      this.#unanswered = 0;
    });
    socket.on('error', () => undefined); // its end follows
    socket.on('close', () => this.#stop());
  }

  #take(frame: Buffer, isBinary: boolean): void {
    if (this.#over.signal.aborted) return;
    this.#unanswered = 0;
    this.#quietBeats = 0;
    try {
      if (!isBinary) throw new TerminalFrameError('The frames of a terminal are binary messages');
      this.#perform(decodeTerminalInput(frame));
    } catch (error) {
      if (!(error instanceof TerminalFrameError)) throw error;
      this.end({ how: 'invalid', message: error.message });
    }
  }

  #perform(input: TerminalInput): void {
    switch (input.kind) {
      case 'taken':
        this.#untaken = Math.max(0, this.#untaken - input.bytes);
        return this.#wake();
      case 'input':
        if (!this.#takesInput) return this.#confirm(input.data.length);
        // An agent takes input of no bytes for its end.
        if (input.data.length > 0) this.#input.data(Buffer.from(input.data));
        this.#waitingInput += input.data.length;
        break;
      case 'inputEnd':
        if (this.#takesInput) this.#input.data(Buffer.alloc(0));
        break;
      case 'size':
        if (this.#takesInput) this.#input.resize(input.rows, input.columns);
        break;
      default:
        throw new Error(`unhandled input ${input satisfies never}`);
    }
    if (this.#isInputFull) this.#socket.pause();
  }

  /**
   * Whether no more should be read from the client. One whose input is confirmed sends no more by itself: what it says of the output it
   * has taken is read also while input waits, or a command that writes before it reads would wait for ever.
   */
  get #isInputFull(): boolean {
    const { inputWindow } = this.#parts;
    if (inputWindow === undefined) return this.#input.isFull;
    return this.#waitingInput > inputWindow || this.#input.length >= mostWaitingMessages;
  }

  /** Tells the client that input was taken, in parts of its window. */
  #confirm(bytes: number): void {
    const { inputWindow } = this.#parts;
    if (inputWindow === undefined || this.#over.signal.aborted) return;
    this.#takenInput += bytes;
    if (this.#takenInput === 0 || this.#takenInput < inputWindow / 4) return;
    this.#socket.send(encodeTerminalOutput({ kind: 'taken', bytes: this.#takenInput }));
    this.#takenInput = 0;
  }

  /** The input for the agent. A message is taken when the connection to it asks for the next one. */
  async *#confirmed(): AsyncGenerator<AgentProcessIO> {
    for await (const message of this.#input) {
      yield message;
      const bytes = Buffer.byteLength(message.data?.data ?? '', 'base64');
      this.#waitingInput -= bytes;
      this.#confirm(bytes);
    }
  }

  async #passOutput(): Promise<TerminalEnd> {
    const { streams, launch } = this.#parts;
    const output = await this.#launch();
    void this.#passInput();
    for await (const { data } of output) {
      if (!data?.data) continue;
      await this.#show(data.type === 'STDERR' ? 'errorOutput' : 'output', Buffer.from(data.data, 'base64'));
    }
    const signal = AbortSignal.any([this.#over.signal, AbortSignal.timeout(waitMs)]);
    const status = await streams.wait(launch.container_id, signal).catch(() => undefined); // it has ended, however that was
    if (status !== undefined) return { how: 'exited', exit_code: exitCodeOfStatus(status) };
    return { how: 'exited', message: 'The command has ended; the agent does not say how' };
  }

  async #launch(): ReturnType<AgentStreams['launchSession']> {
    const { streams, launch, clock } = this.#parts;
    const late = new AbortController();
    const stopWaiting = clock.after(launchMs, () =>
      late.abort(new LateHeadError(`it did not launch the command within ${launchMs / 1000} seconds`)),
    );
    try {
      return await streams.launchSession(launch, AbortSignal.any([this.#over.signal, late.signal]));
    } finally {
      stopWaiting();
    }
  }

  async #passInput(): Promise<void> {
    const { streams, launch } = this.#parts;
    try {
      await streams.attachInput(launch.container_id, this.#confirmed(), this.#over.signal);
    } catch (error) {
      // It has ended, or closed its input and goes on to write: the output tells all there is to tell.
      const needsNone = error instanceof HttpAnswerError && (error.status === 500 || error.status === 404);
      if (!needsNone) this.end(this.#endOf(error));
    }
    this.#takesInput = false;
    this.#confirm(this.#waitingInput);
    this.#waitingInput = 0;
    if (this.#socket.isPaused) this.#socket.resume();
  }

  /** Sends output. Resolves when there is room for more. */
  async #show(kind: 'output' | 'errorOutput', data: Buffer): Promise<void> {
    if (this.#over.signal.aborted) return;
    this.#quietBeats = 0;
    this.#untaken += data.length;
    this.#socket.send(encodeTerminalOutput({ kind, data }), () => this.#wake());
    const { window = Number.POSITIVE_INFINITY } = this.#parts;
    const isFull = () => this.#untaken >= window || this.#socket.bufferedAmount > mostWaitingBytes;
    while (!this.#over.signal.aborted && isFull()) {
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
  }

  #beat(): void {
    if (this.#over.signal.aborted) return;
    // Beats are counted and not time: a master that stood still has to read what came meanwhile first.
    if (this.#unanswered >= mostUnanswered) return this.#socket.terminate();
    if (this.#quietBeats >= idleBeats) {
      return this.end({ how: 'idle', message: 'Nothing was typed or shown for 8 hours' });
    }
    if (!this.#socket.isPaused) this.#unanswered++;
    this.#quietBeats++;
    this.#socket.ping();
    const nanoseconds = beatMs * 1e6;
    if (this.#takesInput && !this.#input.isFull)
      this.#input.push({ type: 'CONTROL', control: { type: 'HEARTBEAT', heartbeat: { interval: { nanoseconds } } } });
  }

  #endOf(error: unknown): TerminalEnd {
    if (!(error instanceof HttpAnswerError)) {
      const { message, code } = failureOfAgent(this.#parts.agent, error);
      return { how: 'lost', message, code };
    }
    const { status, reason, message } = error;
    if (status === 401) {
      const asks = `Agent ${this.#parts.agent.id} asks who sends the request, and does not take what the master says`;
      return {
        how: 'refused',
        message: `${asks}: see --agent_proxy_key and --agent_proxy_credential`,
        code: 'AGENT_ASKS_WHO',
      };
    }
    const exit_code = exitCodeOfRefusal(reason);
    return {
      how: 'refused',
      message: message || `Agent ${this.#parts.agent.id} answered with status ${status}`,
      ...(reason !== undefined && { code: reason }),
      ...(exit_code !== undefined && { exit_code }),
    };
  }
}
