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
  readonly answer: (request: Request) => Promise<WholeResponse>;
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
  #rest: Buffer = Buffer.alloc(0);
  #restTimer: NodeJS.Timeout | undefined;
  #answers = '';
  /** Ends the wait for a client that does not read. */
  #drained: (() => void) | undefined;
  #working = false;
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
    let rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, data]) : data;
    const waited = this.#waiting.length;
    for (;;) {
      const call = this.#cutter.next(rest);
      if (call === 'incomplete') break;
      if (call === 'other') {
        this.#then = 'hand over';
        break;
      }
      this.#waiting.push(call);
      rest = rest.subarray(call.end);
    }
    this.#rest = rest;
    // A client that sends slowly does not get more time with each byte.
    if (rest.length === 0 || this.#waiting.length > waited) this.#stopRestTimer();
    if (this.#waiting.length >= WAITING_CALLS || this.#then !== 'read on') this.#socket.pause();
    void this.#work();
  }

  /** Ends the connection when the waiting calls are answered. */
  end(): void {
    this.#finish('end');
  }

  #finish(then: 'hand over' | 'end'): void {
    this.#then = then;
    this.#socket.pause();
    void this.#work();
  }

  #stopRestTimer(): void {
    clearTimeout(this.#restTimer);
    this.#restTimer = undefined;
  }

  /** A paused socket may still deliver data that was read before. */
  #keep(data: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, data]);
  }

  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    while (this.#waiting.length > 0) {
      for (const call of this.#waiting.splice(0)) {
        if (this.#options.turn.spent) await nextTurn();
        this.#answer(await this.#options.answer(this.#request(call)));
        if (this.#socket.destroyed) return;
        if (this.#socket.writableNeedDrain) await this.#room();
      }
    }
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

  #answer({ status, headers = noHeaders, body = '' }: WholeResponse): void {
    if (this.#answers === '') setImmediate(() => this.#flush());
    if (status === 202 && body === '' && !hasAny(headers)) this.#answers += accepted();
    else this.#answers += written(status, headers, body as string);
    if (this.#answers.length > ANSWERS_LENGTH) this.#flush();
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

  body(): Promise<Buffer> {
    return Promise.resolve(this.#body);
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
