import type { Socket } from 'node:net';
import type { Admission } from '../http/admission.ts';
import type { FrontReader } from '../http/front-reader.ts';
import type { HttpLimits } from '../http/limits.ts';
import { bodyOf, type CutHead, parsePost, RequestCutter } from '../http/request-cutter.ts';
import type { Answers } from './answers.ts';
import { receiverOf } from './message.ts';
import { type Pid, parsePid } from './pid.ts';

const NOTHING: Buffer = Buffer.alloc(0);
/** More unread answers than this mean that the peer does not read them. */
const unreadAnswers = 64 * 1024;
/** With so many answers owed to a peer, they are written at once. */
const mostOwed = 500;
const headersRead = new Set([
  'user-agent',
  'libprocess-from',
  'connection',
  'host',
  'transfer-encoding',
  'content-length',
]);

/** What the head of a message says. */
export interface MessageHead extends CutHead {
  readonly from: Pid;
  readonly receiver: { readonly id: string; readonly name: string };
}

/** What an inbox does with messages, and its time limit. */
export interface InboxOptions {
  /** Longest pause within a message. */
  readonly idleMs: number;
  /** Delivers a message. False when the actor is unknown: then the HTTP server takes over the connection. */
  readonly deliver: (head: MessageHead, body: Buffer) => boolean;
  /** Called once when the connection goes on as HTTP, with everything that is not delivered put back. */
  readonly handOver: () => void;
  /** When messages are answered. */
  readonly answers: Answers;
}

/**
 * Reads a connection of a libprocess peer without an HTTP server: a master gets tens of thousands of messages a second,
 * which all look the same. When a message looks different (other headers, a body in several chunks, a large or
 * malformed message, an unknown actor), the HTTP server handles it and all that follow.
 */
export class Inbox implements FrontReader {
  readonly #socket: Socket;
  readonly #options: InboxOptions;
  readonly #onData = (data: Buffer) => this.push(data);
  readonly #onEnd = () => this.#socket.end();
  readonly #cutter: RequestCutter<MessageHead>;
  #rest = NOTHING;
  #owed = 0;
  #waits = false;

  constructor(socket: Socket, cutter: RequestCutter<MessageHead>, options: InboxOptions) {
    this.#socket = socket;
    this.#cutter = cutter;
    this.#options = options;
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('error', ignore);
    socket.on('timeout', this.#onTimeout);
  }

  readonly #onTimeout = () => void this.#socket.destroy();

  /** Takes what has come. */
  push(data: Buffer): void {
    const waited = this.#rest.length > 0;
    const bytes = waited ? Buffer.concat([this.#rest, data]) : data;
    let at = 0;
    for (;;) {
      const message = this.#cutter.next(bytes, at);
      if (message === 'incomplete') break;
      if (message === 'other' || !this.#options.deliver(message.head, message.body)) {
        return this.#handOver(bytes.subarray(at));
      }
      this.#owe();
      at = message.end;
    }
    const rest = at < bytes.length ? bytes.subarray(at) : NOTHING;
    this.#rest = rest;
    // Set only when a message comes in pieces, which is rare.
    if (rest.length > 0) this.#socket.setTimeout(this.#options.idleMs);
    else if (waited) this.#socket.setTimeout(0);
  }

  /** Answers go together: libprocess peers do not wait for them. */
  #owe(): void {
    this.#owed++;
    if (this.#owed >= mostOwed) this.#answer();
    if (this.#waits) return;
    this.#waits = true;
    this.#options.answers.owe(this.#answerLater);
  }

  readonly #answerLater = () => {
    this.#waits = false;
    this.#answer();
  };

  #answer(): void {
    const socket = this.#socket;
    if (this.#owed > 0 && socket.writable && socket.writableLength < unreadAnswers) {
      const answer = `HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nDate: ${new Date().toUTCString()}\r\n\r\n`;
      socket.write(answer.repeat(this.#owed), 'latin1');
    }
    this.#owed = 0;
  }

  #handOver(rest: Buffer): void {
    const socket = this.#socket;
    this.#answer();
    socket.setTimeout(0);
    socket.off('data', this.#onData).off('end', this.#onEnd).off('error', ignore).off('timeout', this.#onTimeout);
    socket.pause();
    socket.unshift(rest);
    this.#options.handOver();
    socket.resume();
  }
}

/** Creates the cutter of libprocess messages for one connection. */
export function messageCutter(
  admission: Admission,
  limits: Pick<HttpLimits, 'headerBytes' | 'bodyBytes'>,
): RequestCutter<MessageHead> {
  let last: { readonly text: string; readonly pid: Pid | undefined } | undefined;
  // Most connections have one sender, and messages of several names.
  const senderOf = (text: string) => {
    if (last?.text !== text) last = { text, pid: parsePid(text) };
    return last.pid;
  };
  return new RequestCutter(text => parseHead(text, admission, senderOf), limits);
}

/** Request line and headers of a message of libprocess itself; undefined when they say anything else. */
function parseHead(
  text: string,
  admission: Admission,
  senderOf: (text: string) => Pid | undefined,
): MessageHead | undefined {
  const { url = '', headers } = parsePost(text) ?? {};
  const receiver = receiverOf(url);
  if (headers === undefined || receiver === undefined) return undefined;
  for (const name of headers.keys()) if (!headersRead.has(name)) return undefined;
  const agent = headers.get('user-agent');
  if (!agent?.startsWith('libprocess/')) return undefined;
  if ((headers.get('connection') ?? 'keep-alive').toLowerCase() !== 'keep-alive') return undefined;
  if (admission.refusal({ method: 'POST', url, authority: headers.get('host'), headers: {} })) return undefined;
  const from = senderOf(headers.get('libprocess-from') ?? agent.slice('libprocess/'.length));
  const body = bodyOf(headers);
  return from === undefined || body === undefined ? undefined : { from, receiver, body };
}

function ignore(): void {}
