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

/** The log is not in the form that was asked for. */
export class LogDamaged extends Error {
  override readonly name = 'LogDamaged';
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
      throw new LogDamaged('an entry of the log does not begin with its time');
    }
    time = found;
    yield { stream, time, data: head.subarray(blank + 1), first: true };
    head = undefined;
  }
}
