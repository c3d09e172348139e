import type { Socket } from 'node:net';
import { receiverOf } from './message.ts';
import { type Pid, parsePid } from './pid.ts';

/** Bytes of a message that is read here. */
const longestMessage = 64 * 1024;
/** How long answers may wait for others to the same peer, which does not wait for them. */
const answersMs = 250;
/** Unread answers beyond this mean that nobody looks at them. */
const unreadAnswers = 64 * 1024;
const headersRead = new Set([
  'user-agent',
  'libprocess-from',
  'connection',
  'host',
  'transfer-encoding',
  'content-length',
]);
const headEnd = Buffer.from('\r\n\r\n');
const chunkEnd = Buffer.from('\r\n0\r\n\r\n');

/** What the head of a message says. */
export interface MessageHead {
  readonly from: Pid;
  readonly receiver: { readonly id: string; readonly name: string };
  /** Bytes of the body, or that it comes in chunks. */
  readonly body: number | 'chunked';
}

export interface InboxOptions {
  /** Longest pause within a message. */
  readonly idleMs: number;
  /** False when nobody has this name: the connection goes on as HTTP. */
  readonly deliver: (head: MessageHead, body: Buffer) => boolean;
  /** Called once when the connection goes on as HTTP, with everything that is not delivered put back. */
  readonly handOver: () => void;
}

/**
 * A connection of a libprocess peer, read without an HTTP server: a master gets tens of thousands of messages a second,
 * and they all look the same. Whatever does not look so (other headers, bodies in several chunks, messages that are
 * large, malformed or for nobody) is left to the HTTP server, from that message on.
 */
export class Inbox {
  readonly #socket: Socket;
  readonly #options: InboxOptions;
  readonly #onData = (data: Buffer) => this.push(data);
  readonly #onEnd = () => this.#socket.end();
  /** Heads repeat: a peer sends many messages of few names. */
  readonly #heads = new Map<string, MessageHead>();
  #rest: Buffer = Buffer.alloc(0);
  #owed = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, options: InboxOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('error', ignore);
    socket.on('timeout', this.#onTimeout);
    socket.once('close', () => clearTimeout(this.#timer));
  }

  readonly #onTimeout = () => void this.#socket.destroy();

  /** Takes what has come. */
  push(data: Buffer): void {
    const waited = this.#rest.length > 0;
    let rest = waited ? Buffer.concat([this.#rest, data]) : data;
    for (;;) {
      const message = this.#next(rest);
      if (message === 'incomplete' && rest.length < longestMessage) break;
      if (typeof message === 'string' || !this.#options.deliver(message.head, message.body))
        return this.#handOver(rest);
      this.#owe();
      rest = rest.subarray(message.end);
    }
    this.#rest = rest;
    // Set only when a message comes in pieces, which is rare.
    if (rest.length > 0) this.#socket.setTimeout(this.#options.idleMs);
    else if (waited) this.#socket.setTimeout(0);
  }

  #next(bytes: Buffer): { head: MessageHead; body: Buffer; end: number } | 'incomplete' | 'other' {
    if (bytes.length === 0) return 'incomplete';
    const headLength = bytes.indexOf(headEnd);
    if (headLength < 0) return 'incomplete';
    const head = this.#head(bytes.toString('latin1', 0, headLength));
    if (head === undefined) return 'other';
    const start = headLength + headEnd.length;
    if (typeof head.body === 'number') {
      const end = start + head.body;
      return bytes.length < end ? 'incomplete' : { head, body: bytes.subarray(start, end), end };
    }
    const line = bytes.indexOf('\r\n', start);
    if (line < 0) return 'incomplete';
    const digits = bytes.toString('latin1', start, line);
    if (!/^[0-9a-f]{1,8}$/i.test(digits)) return 'other';
    const from = line + 2;
    const to = from + Number.parseInt(digits, 16);
    if (to === from) return 'other';
    const end = to + chunkEnd.length;
    if (bytes.length < end) return 'incomplete';
    return bytes.compare(chunkEnd, 0, chunkEnd.length, to, end) === 0
      ? { head, body: bytes.subarray(from, to), end }
      : 'other';
  }

  #head(text: string): MessageHead | undefined {
    const known = this.#heads.get(text);
    if (known) return known;
    const head = parseHead(text);
    if (head === undefined) return undefined;
    if (this.#heads.size >= 32) this.#heads.clear();
    this.#heads.set(text, head);
    return head;
  }

  /** Answers go together: libprocess peers do not wait for them. */
  #owe(): void {
    this.#owed++;
    this.#timer ??= setTimeout(() => this.#answer(), answersMs);
  }

  #answer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
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

/** Whether the first bytes of a connection are those of a libprocess peer. */
export function looksLikeMessage(bytes: Buffer): boolean {
  if (bytes.length < 6 || bytes.toString('latin1', 0, 6) !== 'POST /') return false;
  const end = bytes.indexOf(headEnd);
  return end > 0 && parseHead(bytes.toString('latin1', 0, end)) !== undefined;
}

/** Request line and headers of a message of libprocess itself; undefined when they say anything else. */
function parseHead(text: string): MessageHead | undefined {
  const [line = '', ...fields] = text.split('\r\n');
  const url = /^POST (\/[!-~]+) HTTP\/1\.1$/.exec(line)?.[1];
  const receiver = url === undefined ? undefined : receiverOf(url);
  if (receiver === undefined) return undefined;
  const headers = new Map<string, string>();
  for (const field of fields) {
    const colon = field.indexOf(':');
    const name = field.slice(0, colon).toLowerCase();
    if (!headersRead.has(name) || headers.has(name)) return undefined;
    headers.set(name, field.slice(colon + 1).trim());
  }
  const agent = headers.get('user-agent');
  if (!agent?.startsWith('libprocess/') || headers.get('connection')?.toLowerCase() === 'close') return undefined;
  const from = parsePid(headers.get('libprocess-from') ?? agent.slice('libprocess/'.length));
  const body = bodyOf(headers.get('transfer-encoding'), headers.get('content-length'));
  return from === undefined || body === undefined ? undefined : { from, receiver, body };
}

function bodyOf(encoding: string | undefined, length: string | undefined): MessageHead['body'] | undefined {
  if (encoding !== undefined)
    return encoding.toLowerCase() === 'chunked' && length === undefined ? 'chunked' : undefined;
  if (length === undefined) return 0;
  return /^\d{1,9}$/.test(length) ? Number(length) : undefined;
}

function ignore(): void {}
