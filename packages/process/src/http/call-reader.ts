import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Admission } from './admission.ts';
import type { FrontReader } from './front-reader.ts';
import type { HttpLimits } from './limits.ts';
import { STATUS_CODES } from './node-http.ts';
import { type PeerAddress, peerOf, type Request } from './request.ts';
import { bodyOf, type Cut, type CutHead, parsePost, RequestCutter } from './request-cutter.ts';
import { headerValue } from './respond.ts';
import type { Piece, Response } from './response.ts';
import type { Turn } from './turn.ts';

const NOTHING: Buffer = Buffer.alloc(0);
/** The number of waiting calls at which a connection is not read any more. */
const WAITING_CALLS = 500;
/** The answers of one tick are written together, at the latest when they have this length. */
const ANSWERS_LENGTH = 64 * 1024;
/**
 * How long to wait for the rest of a call when all earlier ones are answered. After that, the HTTP server handles it.
 */
const REST_MS = 1000;

/** Headers that this reader does not support. */
const UNUSUAL = ['expect', 'upgrade', 'content-encoding', 'trailer', 'te', 'libprocess-from'];

/** The head of a call: its handler gets path and headers. */
interface CallHead extends CutHead {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** An answer that is not a stream. */
export type WholeResponse = Response & { readonly body?: Piece | undefined };

/** What a reader of calls does with calls, and its limits. */
export interface CallReaderOptions {
  /** Answers a call; never throws. */
  readonly answer: (request: Request) => Promise<WholeResponse> | WholeResponse;
  /** Called once when the HTTP server takes over the connection. All data that is not answered has been put back. */
  readonly handOver: () => void;
  /** Limits the time of calls in a tick of the event loop. */
  readonly turn: Turn;
  /** How long a client may not read its answers. */
  readonly stallMs: number;
  /** How long the connection may be idle. */
  readonly keepAliveMs: number;
}

/**
 * Reads a connection with calls to an event stream (`Mesos-Stream-Id`) without Node.js's HTTP server: a scheduler sends
 * tens of thousands a second without waiting for answers, and the server's objects and a system call for each `202`
 * would cost more than the call. Calls are handled one after another; the answers of one tick are sent in one write.
 *
 * Answers to calls are short and never streams. When a request does not look like such a call (other headers, a large
 * body, anything malformed), the HTTP server handles it and all that follow.
 */
export class CallReader implements FrontReader {
  readonly #socket: Socket;
  readonly #peer: PeerAddress;
  readonly #options: CallReaderOptions;
  readonly #cutter: RequestCutter<CallHead>;
  #waiting: Cut<CallHead>[] = [];
  /** The place of the next call in those. */
  #next = 0;
  #rest = NOTHING;
  #restTimer: NodeJS.Timeout | undefined;
  #answers = '';
  /** Ends the wait for a client that does not read. */
  #drained: (() => void) | undefined;
  #working = false;
  /** A call is answered whether or not the turn is spent, because the reader has waited for one. */
  #hasWaited = false;
  /** What happens to the connection when everything is answered. */
  #then: 'read on' | 'hand over' | 'end' = 'read on';
  #aborter: AbortController | undefined;

  constructor(socket: Socket, cutter: RequestCutter<CallHead>, options: CallReaderOptions) {
    this.#socket = socket;
    this.#peer = peerOf(socket);
    this.#options = options;
    this.#cutter = cutter;
    for (const [event, listener] of this.#listeners) socket.on(event, listener);
    socket.setTimeout(options.keepAliveMs);
  }

  readonly #listeners: [event: string, listener: (data: Buffer) => void][] = [
    ['data', data => this.push(data)],
    ['end', () => this.end()],
    ['error', () => undefined],
    ['drain', () => this.#drained?.()],
    // A handler has no time limit; a client that neither reads nor writes has one.
    ['timeout', () => (this.#drained || !this.#working) && this.#socket.destroy()],
    ['close', () => this.#closed()],
  ];

  /** Adds received data. */
  push(data: Buffer): void {
    if (this.#then !== 'read on') return this.#keep(data);
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, data]) : data;
    let at = 0;
    for (;;) {
      const call = this.#cutter.next(bytes, at);
      if (call === 'incomplete') break;
      if (call === 'other') {
        this.#then = 'hand over';
        break;
      }
      this.#waiting.push(call);
      at = call.end;
    }
    const rest = at < bytes.length ? bytes.subarray(at) : NOTHING;
    this.#rest = rest;
    // A client that sends slowly does not get more time with each byte.
    if (rest.length === 0 || at > 0) this.#stopRestTimer();
    if (this.#waiting.length - this.#next >= WAITING_CALLS || this.#then !== 'read on') this.#socket.pause();
    this.#work();
  }

  /** Ends the connection when the waiting calls are answered. */
  end(): void {
    this.#finish('end');
  }

  #finish(then: 'hand over' | 'end'): void {
    this.#then = then;
    this.#socket.pause();
    this.#work();
  }

  #stopRestTimer(): void {
    clearTimeout(this.#restTimer);
    this.#restTimer = undefined;
  }

  /** A paused socket may still deliver data that was read before. */
  #keep(data: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, data]);
  }

  /** Answers the waiting calls: in this turn, unless there is something to wait for. */
  #work(): void {
    if (this.#working) return;
    this.#working = true;
    const delay = this.#answerWaiting();
    if (delay) void delay.then(this.#workOn);
    else if (!this.#socket.destroyed) this.#finishWork();
  }

  readonly #workOn = () => {
    this.#working = false;
    if (!this.#socket.destroyed) this.#work();
  };

  /** Returns what has to be waited for; undefined when all calls are answered. */
  #answerWaiting(): Promise<void> | undefined {
    for (let call = this.#waiting[this.#next]; call; call = this.#waiting[this.#next]) {
      if (this.#options.turn.spent && !this.#hasWaited) {
        this.#hasWaited = true;
        return nextTurn();
      }
      this.#hasWaited = false;
      this.#next++;
      const answer = this.#options.answer(this.#request(call));
      if (answer instanceof Promise) return answer.then(this.#answerLater);
      const full = this.#answer(answer);
      if (full) return full;
    }
    this.#waiting = [];
    this.#next = 0;
    return undefined;
  }

  readonly #answerLater = (answer: WholeResponse) => this.#answer(answer);

  #finishWork(): void {
    this.#working = false;
    if (this.#then !== 'read on') return this.#leave();
    this.#socket.resume();
    if (this.#rest.length > 0) this.#restTimer ??= setTimeout(() => this.#finish('hand over'), REST_MS);
  }

  #request({ head, body }: Cut<CallHead>): Request {
    return new CallRequest(head, body, this.#peer, this.#signal);
  }

  readonly #signal = () => {
    this.#aborter ??= new AbortController();
    return this.#aborter.signal;
  };

  /** Adds an answer. Returns what has to be waited for before the next call. */
  #answer({ status, headers = noHeaders, body = '' }: WholeResponse): Promise<void> | undefined {
    if (this.#socket.destroyed) return undefined;
    if (this.#answers === '') setImmediate(() => this.#flush());
    if (status === 202 && body === '' && !hasAny(headers)) this.#answers += accepted();
    else this.#answers += written(status, headers, body as string);
    if (this.#answers.length > ANSWERS_LENGTH) this.#flush();
    return this.#socket.writableNeedDrain ? this.#room() : undefined;
  }

  #flush(): void {
    if (this.#answers.length > 0) this.#socket.write(this.#answers, 'latin1');
    this.#answers = '';
  }

  /**
   * Resolves when the client has read, or has disconnected: a client that does not read must not cause further answers.
   */
  async #room(): Promise<void> {
    const { stallMs, keepAliveMs } = this.#options;
    this.#socket.setTimeout(stallMs); // restarts as long as bytes move
    await new Promise<void>(resolve => {
      this.#drained = resolve;
    });
    this.#drained = undefined;
    this.#socket.setTimeout(keepAliveMs);
  }

  #leave(): void {
    this.#flush();
    const socket = this.#socket;
    if (this.#then === 'end') return socket.destroySoon();
    this.#stopRestTimer();
    for (const [event, listener] of this.#listeners) socket.off(event, listener);
    socket.setTimeout(0);
    socket.pause();
    socket.unshift(this.#rest);
    this.#options.handOver();
    socket.resume();
  }

  #closed(): void {
    this.#stopRestTimer();
    this.#waiting = [];
    this.#next = 0;
    this.#aborter?.abort();
    this.#drained?.();
  }
}

/** A call as its handler gets it. */
class CallRequest implements Request {
  readonly method = 'POST';
  readonly path: string;
  readonly headers: Request['headers'];
  readonly peer: PeerAddress;
  principal: Request['principal'];
  rest = '';
  readonly #body: Buffer;
  readonly #signal: () => AbortSignal;

  constructor({ path, headers }: CallHead, body: Buffer, peer: PeerAddress, signal: () => AbortSignal) {
    this.path = path;
    this.headers = headers;
    this.peer = peer;
    this.#body = body;
    this.#signal = signal;
  }

  get url(): string {
    return this.path;
  }

  get query(): URLSearchParams {
    return new URLSearchParams();
  }

  get signal(): AbortSignal {
    return this.#signal();
  }

  body(): Buffer {
    return this.#body;
  }

  stream(): Readable {
    return Readable.from([this.#body]);
  }
}

const noHeaders = {};

/** The answer to nearly all calls, with the date as it was at most a second ago. */
let latest = { untilMs: Number.NEGATIVE_INFINITY, answer: '' };

function hasAny(headers: object): boolean {
  for (const _ in headers) return true;
  return false;
}

function accepted(): string {
  const nowMs = performance.now();
  if (nowMs >= latest.untilMs) latest = { untilMs: nowMs + 1000, answer: written(202, noHeaders, '') };
  return latest.answer;
}

function written(status: number, headers: NonNullable<Response['headers']>, body: string): string {
  const bytes = Buffer.from(body);
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
  for (const name in headers) head += `${name}: ${headerValue(headers[name] as string)}\r\n`;
  return `${head}Content-Length: ${bytes.length}\r\nDate: ${new Date().toUTCString()}\r\n\r\n${bytes.toString('latin1')}`;
}

/** Makes a function that cuts calls to these paths out of the data of one connection. */
export function callCutter(
  paths: ReadonlySet<string>,
  admission: Admission,
  limits: Pick<HttpLimits, 'headerBytes' | 'bodyBytes'>,
): RequestCutter<CallHead> {
  return new RequestCutter(text => parseCall(text, paths, admission), limits);
}

function parseCall(text: string, paths: ReadonlySet<string>, admission: Admission): CallHead | undefined {
  const { url = '', headers } = parsePost(text) ?? {};
  if (!headers?.has('mesos-stream-id') || !paths.has(url)) return undefined;
  if (UNUSUAL.some(name => headers.has(name))) return undefined;
  if (headers.get('user-agent')?.startsWith('libprocess/')) return undefined;
  if ((headers.get('connection') ?? 'keep-alive').toLowerCase() !== 'keep-alive') return undefined;
  const body = bodyOf(headers);
  if (body === undefined) return undefined;
  const fields = Object.freeze(Object.fromEntries(headers));
  if (admission.refusal({ method: 'POST', url, authority: fields.host, headers: fields })) return undefined;
  return { path: url, headers: fields, body };
}
