/** A part of a file as lines, which grows at both ends. */
import { overwritten, withoutEscapes } from './ansi.ts';

const NEWLINE = 10;
/** A longer line is shown as several. */
const LONGEST_LINE = 16 * 1024;
/** More than this is not kept: what is farthest from where the reader is goes first. */
export const MOST_BYTES = 4 * 1024 * 1024;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** One line. */
export class Line {
  /** Where it begins in the file, in bytes. */
  readonly offset: number;
  /** With the line feed at its end, if it is there yet. */
  readonly bytes: Uint8Array;
  #raw: string | undefined;
  #plain: string | undefined;

  constructor(offset: number, bytes: Uint8Array) {
    this.offset = offset;
    this.bytes = bytes;
  }

  /** As it is in the file, without the line feed. Bytes that are not UTF-8 become U+FFFD. */
  get raw(): string {
    this.#raw ??= decoder.decode(this.bytes).replace(/\r*\n$/, '');
    return this.#raw;
  }

  /** As it is shown, with escape sequences: what was written over by carriage returns is left out. */
  get text(): string {
    return overwritten(this.raw);
  }

  /** What is looked through: all that is in it, without escape sequences, in lower case. */
  get plain(): string {
    this.#plain ??= withoutEscapes(this.raw).toLowerCase();
    return this.#plain;
  }
}

/** The lines of a part of a file. */
export class LineBuffer {
  #lines: Line[] = [];
  #start: number;
  #end: number;

  /** @param offset where the part begins, which is empty at first. */
  constructor(offset: number) {
    this.#start = offset;
    this.#end = offset;
  }

  get lines(): readonly Line[] {
    return this.#lines;
  }

  /** Where it begins in the file, in bytes. */
  get start(): number {
    return this.#start;
  }

  /** The first byte of the file after it. */
  get end(): number {
    return this.#end;
  }

  /** Returns the last bytes, at most so many. */
  lastBytes(most: number): Uint8Array {
    let first = this.#lines.length;
    let length = 0;
    while (first > 0 && length < most) length += this.#lines[--first]?.bytes.length ?? 0;
    return this.#joined(first, this.#lines.length).subarray(Math.max(0, length - most));
  }

  /** Returns the first bytes, at most so many. */
  firstBytes(most: number): Uint8Array {
    let end = 0;
    for (let length = 0; end < this.#lines.length && length < most; end++)
      length += this.#lines[end]?.bytes.length ?? 0;
    return this.#joined(0, end).subarray(0, most);
  }

  #joined(first: number, end: number): Uint8Array {
    let bytes = new Uint8Array();
    for (const line of this.#lines.slice(first, end)) bytes = join(bytes, line.bytes);
    return bytes;
  }

  /** Adds the bytes that follow. @returns how many lines went at the beginning, because there were too many. */
  append(bytes: Uint8Array): number {
    const last = this.#lines.at(-1);
    const isOpen = last !== undefined && last.bytes.at(-1) !== NEWLINE && last.bytes.length < LONGEST_LINE;
    if (isOpen) this.#lines.pop();
    const joined = isOpen ? join(last.bytes, bytes) : bytes;
    for (const line of linesOf(isOpen ? last.offset : this.#end, joined)) this.#lines.push(line);
    this.#end += bytes.length;
    return this.#dropFirst();
  }

  /** Adds the bytes before. @returns how many lines came. */
  prepend(bytes: Uint8Array): number {
    const before = this.#lines.length;
    const first = this.#lines.shift();
    this.#start -= bytes.length;
    this.#lines.unshift(...linesOf(this.#start, first ? join(bytes, first.bytes) : bytes));
    const came = this.#lines.length - before;
    while (this.#end - this.#start > MOST_BYTES && this.#lines.length > 1) this.#end = this.#lines.pop()?.offset ?? 0;
    return came;
  }

  #dropFirst(): number {
    let gone = 0;
    while (this.#end - (this.#lines[gone + 1]?.offset ?? this.#end) >= MOST_BYTES) gone++;
    this.#lines.splice(0, gone);
    this.#start = this.#lines[0]?.offset ?? this.#start;
    return gone;
  }
}

function* linesOf(offset: number, bytes: Uint8Array): Generator<Line> {
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = Math.min(newline < 0 ? bytes.length : newline + 1, cutAt(bytes, start));
    yield new Line(offset + start, bytes.subarray(start, end));
    start = end;
  }
}

/** Returns where a line that begins here is cut at the latest: not within a character. */
function cutAt(bytes: Uint8Array, start: number): number {
  let end = start + LONGEST_LINE;
  if (end >= bytes.length) return bytes.length;
  for (let back = 0; back < 3 && ((bytes[end] as number) & 0xc0) === 0x80; back++) end--;
  return end;
}

function join(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(one.length + other.length);
  joined.set(one);
  joined.set(other, one.length);
  return joined;
}
