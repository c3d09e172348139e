/** The log of a container, read with the times of its entries. */
import type { OutputStream } from '../../container-io.ts';
import { parseLogTime } from '../engine/log-time.ts';

/** A piece of a frame of the engine's stream; each frame has one entry of the log, which begins with its time and a blank. */
export interface FramePiece {
  readonly stream: OutputStream;
  readonly data: Buffer;
  /** The frame begins with it. */
  readonly first: boolean;
}

/** A piece of an entry of a log. */
export interface EntryPiece {
  readonly stream: OutputStream;
  /** When the entry was written, in nanoseconds since 1970. */
  readonly time: bigint;
  readonly data: Buffer;
  /** The entry begins with it. */
  readonly first: boolean;
}

/** The longest time, and more: a frame without a blank in that many bytes has none. */
const longestTime = 64;
/** Of a line that is longer, the engine makes an entry of each that many bytes, or of a multiple of them. */
const longestEntry = 16 * 1024;
const lineFeed = 0x0a;

/** The log is not in the form that was asked for. What comes after that does not get into the sandbox. */
class LogDamaged extends Error {
  override readonly name = 'LogDamaged';
  readonly code = 'LOG_DAMAGED';

  constructor() {
    super(
      "An entry of the engine's log does not begin with its time, so the log is damaged, and output after that entry is not in the " +
        "sandbox: read it by 'docker logs', and look into the log of the engine",
    );
  }
}

/**
 * Takes the times off the entries of a log.
 *
 * @throws {LogDamaged} an entry does not begin with a time.
 */
export async function* logEntries(frames: AsyncIterable<FramePiece>): AsyncGenerator<EntryPiece, void, undefined> {
  let head: Buffer | undefined; // of a frame whose time is not complete
  let time = 0n;
  for await (const { stream, data, first } of frames) {
    if (first) head = Buffer.alloc(0);
    if (head === undefined) {
      yield { stream, time, data, first: false };
      continue;
    }
    head = Buffer.concat([head, data]);
    const blank = head.indexOf(0x20);
    const found = blank < 0 ? undefined : parseLogTime(head.toString('latin1', 0, blank));
    if (found === undefined) {
      if (blank < 0 && head.length < longestTime) continue;
      throw new LogDamaged();
    }
    time = found;
    yield { stream, time, data: head.subarray(blank + 1), first: true };
    head = undefined;
  }
}

/**
 * Splits the log of a container with a terminal into its entries. It has no frames: an entry ends with its line, or with a part of a
 * long line, after which the next one begins with its time.
 *
 * @throws {LogDamaged} an entry does not begin with a time.
 */
export async function* terminalEntries(chunks: AsyncIterable<FramePiece>): AsyncGenerator<EntryPiece, void, undefined> {
  let time = 0n;
  let length = 0; // of the entry so far
  let hasLine = true; // the entry before has its line's end
  let head: Buffer | undefined = Buffer.alloc(0); // what may be a time
  for await (const { data } of chunks) {
    let rest = data;
    while (rest.length > 0) {
      if (head !== undefined) {
        head = Buffer.concat([head, rest]);
        const blank = head.subarray(0, longestTime).indexOf(0x20);
        if (blank < 0 && head.length < longestTime) break;
        const found = blank < 0 ? undefined : parseLogTime(head.toString('latin1', 0, blank));
        if (found === undefined && hasLine) throw new LogDamaged();
        rest = found === undefined ? head : head.subarray(blank + 1);
        head = undefined;
        if (found !== undefined) {
          [time, length, hasLine] = [found, 0, false];
          yield { stream: 'stdout', time, data: Buffer.alloc(0), first: true };
        }
        continue;
      }
      const most = rest.subarray(0, longestEntry - (length % longestEntry));
      const end = most.indexOf(lineFeed);
      const piece = end < 0 ? most : most.subarray(0, end + 1);
      rest = rest.subarray(piece.length);
      length += piece.length;
      hasLine = end >= 0;
      if (hasLine || length % longestEntry === 0) head = Buffer.alloc(0);
      yield { stream: 'stdout', time, data: piece, first: false };
    }
  }
  if (head !== undefined && head.length > 0 && !hasLine) yield { stream: 'stdout', time, data: head, first: false };
}
