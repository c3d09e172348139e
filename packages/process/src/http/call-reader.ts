import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Admission } from './admission.ts';
import type { FrontReader } from './front-reader.ts';
import type { HttpLimits } from './limits.ts';
import { type PeerAddress, peerOf, type Request } from './request.ts';
import { bodyOf, type Cut, type CutHead, parsePost, RequestCutter } from './request-cutter.ts';
import { headerValue } from './respond.ts';
import type { Piece, Response } from './response.ts';
import type { Turn } from './turn.ts';

/** With so many calls waiting a connection is not read from. */
const WAITING_CALLS = 500;
/** Answers of one turn leave together, at the latest when they are so long. */
const ANSWERS_LENGTH = 64 * 1024;
/** How long the rest of a call is waited for when all before it are answered; after that it is up to the HTTP server. */
const REST_MS = 1000;

/** Headers that ask for more than is done here. */
const UNUSUAL = ['expect', 'upgrade', 'content-encoding', 'trailer', 'te', 'libprocess-from'];

/** Of a call: path and headers are what its handler sees. */
interface CallHead extends CutHead {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** An answer that is no stream. */
export type WholeResponse = Response & { readonly body?: Piece | undefined };

/** What a reader of calls does with calls, and its limits. */
export interface CallReaderOptions {
  /** Answers a call; never throws. */
  readonly answer: (request: Request) => Promise<WholeResponse>;
  /** Called once when the connection goes on as HTTP, with everything that is not answered put back. */
  readonly handOver: () => void;
  /** What calls may take of a turn of the event loop. */
  readonly turn: Turn;
  /** How long a client may read nothing of its answers. */
  readonly stallMs: number;
  /** How long the connection may be idle. */
  readonly keepAliveMs: number;
}

/**
 * A connection that brings calls to an event stream (`Mesos-Stream-Id`), read without Node's HTTP server: a scheduler
 * sends tens of thousands a second, without waiting for the answers, and an object of each kind and a system call for
 * each `202` cost more than the call. They are handled one after the other, answers of one turn leave in one write.
 *
 * Answers to calls are short and never streams. Whatever does not look like such a call (other headers, large bodies,
 * anything malformed) is left to the HTTP server, from that request on.
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
  /** What becomes of the connection when everything is answered. */
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
    // A handler may take its time; a client that reads nothing or says nothing may not.
    ['timeout', () => (this.#drained || !this.#working) && this.#socket.destroy()],
    ['close', () => this.#closed()],
  ];

  /** Takes what has come. */
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
    // A client that trickles does not get more time with each byte.
    if (rest.length === 0 || this.#waiting.length > waited) this.#stopRestTimer();
    if (this.#waiting.length >= WAITING_CALLS || this.#then !== 'read on') this.#socket.pause();
    void this.#work();
  }

  /** Ends the connection when what is waiting is answered. */
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

  /** A paused socket may still bring what was read before. */
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

  #request({ head: { path, headers }, body }: Cut<CallHead>): Request {
    const signal = () => {
      this.#aborter ??= new AbortController();
      return this.#aborter.signal;
    };
    return {
      method: 'POST',
      url: path,
      path,
      get query() {
        return new URLSearchParams();
      },
      headers,
      peer: this.#peer,
      get signal() {
        return signal();
      },
      rest: '',
      body: () => Promise.resolve(body),
      stream: () => Readable.from([body]),
    };
  }

  #answer({ status, headers = {}, body = '' }: WholeResponse): void {
    const bytes = Buffer.from(body as string);
    let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
    for (const name in headers) head += `${name}: ${headerValue(headers[name] as string)}\r\n`;
    if (this.#answers === '') setImmediate(() => this.#flush());
    this.#answers += `${head}Content-Length: ${bytes.length}\r\nDate: ${new Date().toUTCString()}\r\n\r\n${bytes.toString('latin1')}`;
    if (this.#answers.length > ANSWERS_LENGTH) this.#flush();
  }

  #flush(): void {
    if (this.#answers.length > 0) this.#socket.write(this.#answers, 'latin1');
    this.#answers = '';
  }

  /** Resolves when the client has read, or is gone: a client which does not read cannot make us produce more. */
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

/** Cuts out calls to these paths, for one connection. */
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
