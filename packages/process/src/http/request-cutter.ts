import type { HttpLimits } from './limits.ts';

/** Bytes of a request that is read here; a larger one is left to the HTTP server. */
export const LONGEST_REQUEST = 64 * 1024;

const HEAD_END = Buffer.from('\r\n\r\n');
const CHUNK_END = Buffer.from('\r\n0\r\n\r\n');

/** What the cutter has to know of a head. */
export interface CutHead {
  /** Bytes of the body, or that it comes in chunks: it is cut out when it is one chunk. */
  readonly body: number | 'chunked';
}

/** A request that lies whole in what was read; the next one begins at `end`. */
export interface Cut<H> {
  readonly head: H;
  readonly body: Buffer;
  readonly end: number;
}

/**
 * Cuts requests that all look the same out of a connection's bytes, at a fraction of what an HTTP parser and its objects
 * cost: peers and schedulers send tens of thousands of them a second. Whatever looks otherwise is for the HTTP server.
 */
export class RequestCutter<H extends CutHead> {
  readonly #parse: (text: string) => H | undefined;
  readonly #limits: Pick<HttpLimits, 'headerBytes' | 'bodyBytes'>;
  /** Heads repeat: only the length of the body differs between the calls of a connection. */
  readonly #heads = new Map<string, H>();

  /**
   * @param parse a request line and its headers; undefined when they say anything unusual.
   * @param limits what is larger is for the HTTP server, to be refused there.
   */
  constructor(parse: (text: string) => H | undefined, limits: Pick<HttpLimits, 'headerBytes' | 'bodyBytes'>) {
    this.#parse = parse;
    this.#limits = limits;
  }

  /** Whether a connection whose first bytes these are begins with such a request. */
  takes(bytes: Buffer): boolean {
    if (bytes.length < 6 || bytes.toString('latin1', 0, 6) !== 'POST /') return false;
    const end = bytes.indexOf(HEAD_END);
    return end > 0 && this.#head(bytes.toString('latin1', 0, end)) !== undefined;
  }

  /**
   * Returns the request that begins at `from`: `incomplete` when more has to come, `other` when it is for the HTTP
   * server.
   */
  next(bytes: Buffer, from = 0): Cut<H> | 'incomplete' | 'other' {
    if (bytes.length === from) return 'incomplete';
    const next = this.#cut(bytes, from);
    return next === 'incomplete' && bytes.length - from >= LONGEST_REQUEST ? 'other' : next;
  }

  #cut(bytes: Buffer, from: number): Cut<H> | 'incomplete' | 'other' {
    const { headerBytes, bodyBytes } = this.#limits;
    const headEnd = bytes.indexOf(HEAD_END, from);
    if (headEnd < 0) return bytes.length - from > headerBytes ? 'other' : 'incomplete';
    if (headEnd - from > headerBytes) return 'other';
    const head = this.#head(bytes.toString('latin1', from, headEnd));
    if (head === undefined) return 'other';
    const start = headEnd + HEAD_END.length;
    if (head.body === 'chunked') return cutChunk(head, bytes, start, bodyBytes);
    if (head.body > bodyBytes) return 'other';
    const end = start + head.body;
    return bytes.length < end ? 'incomplete' : { head, body: bytes.subarray(start, end), end };
  }

  #head(text: string): H | undefined {
    const known = this.#heads.get(text);
    if (known) return known;
    const head = this.#parse(text);
    if (head === undefined) return undefined;
    if (this.#heads.size >= 32) this.#heads.clear();
    this.#heads.set(text, head);
    return head;
  }
}

function cutChunk<H>(head: H, bytes: Buffer, start: number, bodyBytes: number): Cut<H> | 'incomplete' | 'other' {
  const line = bytes.indexOf('\r\n', start);
  if (line < 0) return 'incomplete';
  const digits = bytes.toString('latin1', start, line);
  if (!/^[0-9a-f]{1,8}$/i.test(digits)) return 'other';
  const from = line + 2;
  const to = from + Number.parseInt(digits, 16);
  if (to === from || to - from > bodyBytes) return 'other';
  const end = to + CHUNK_END.length;
  if (bytes.length < end) return 'incomplete';
  return bytes.compare(CHUNK_END, 0, CHUNK_END.length, to, end) === 0
    ? { head, body: bytes.subarray(from, to), end }
    : 'other';
}

const REQUEST_LINE = /^POST \/[!-~]* HTTP\/1\.1$/;
const FIELDS = /^(?:\r\n[\w-]+:[\t -~]*)*$/;

/**
 * Parses a POST's target and headers, names in lower case; undefined when it is no such request or a header comes
 * twice. Checks the text as a whole before it splits it: each connection has heads of its own, and thousands come at
 * once.
 */
export function parsePost(text: string): { url: string; headers: Map<string, string> } | undefined {
  const lineEnd = text.indexOf('\r\n');
  const line = lineEnd < 0 ? text : text.slice(0, lineEnd);
  if (!REQUEST_LINE.test(line)) return undefined;
  if (!FIELDS.test(text.slice(line.length))) return undefined;
  const headers = new Map<string, string>();
  for (let at = line.length; at < text.length; ) {
    const colon = text.indexOf(':', at);
    const next = text.indexOf('\r\n', colon);
    const end = next < 0 ? text.length : next;
    const name = text.slice(at + 2, colon).toLowerCase();
    if (headers.has(name)) return undefined;
    headers.set(name, text.slice(colon + 1, end).trim());
    at = end;
  }
  return { url: line.slice('POST '.length, -' HTTP/1.1'.length), headers };
}

/** Returns the length of such a request's body, or `chunked`; undefined when the HTTP server has to find out. */
export function bodyOf(headers: ReadonlyMap<string, string>): CutHead['body'] | undefined {
  const encoding = headers.get('transfer-encoding');
  const length = headers.get('content-length');
  if (encoding !== undefined)
    return encoding.toLowerCase() === 'chunked' && length === undefined ? 'chunked' : undefined;
  if (length === undefined) return 0;
  return /^\d{1,9}$/.test(length) ? Number(length) : undefined;
}
