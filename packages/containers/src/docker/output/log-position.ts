/**
 * How far the log of a container has been written to its files. It is stored now and then, after what it says is true, so the
 * files may have more: {@link LogResume} finds out how much, and neither loses output nor writes it twice.
 */
import type { OutputStream } from '../../container-io.ts';
import type { EntryPiece } from './log-entries.ts';

/** See the file's head. */
export interface LogPosition {
  /** The time of the last entry that is written, in nanoseconds since 1970; 0 before the first. */
  readonly time: bigint;
  /** How many entries of that time are written. Of pieces of one long line, each is an entry. */
  readonly count: number;
  /** The sizes of the files then, in bytes. */
  readonly sizes: Readonly<Record<OutputStream, number>>;
}

/** What is written to each file behind the size that a position says. */
export type WrittenSince = Readonly<Record<OutputStream, Buffer>>;

/** Follows where in a log the reader is. */
export class LogCursor {
  #time: bigint;
  #count: number;

  constructor(from: Pick<LogPosition, 'time' | 'count'> = { time: 0n, count: 0 }) {
    this.#time = from.time;
    this.#count = from.count;
  }

  /** An entry was written as a whole. */
  passed(time: bigint): void {
    this.#count = time === this.#time ? this.#count + 1 : 1;
    this.#time = time;
  }

  get position(): Pick<LogPosition, 'time' | 'count'> {
    return { time: this.#time, count: this.#count };
  }
}

/** Decides which part of a log, read again from a position on, is still to be written. */
export class LogResume {
  readonly #from: Pick<LogPosition, 'time' | 'count'>;
  readonly #written: Record<OutputStream, Buffer | undefined>;
  #seen = 0;
  #skips = false;

  /** @param written what the files have behind the position; what others wrote there is taken for output that is missing. */
  constructor(from: Pick<LogPosition, 'time' | 'count'>, written?: WrittenSince) {
    this.#from = from;
    this.#written = { stdout: written?.stdout, stderr: written?.stderr };
  }

  /** Returns the part of a piece that is not written yet; undefined when its entry is before the position. */
  rest({ stream, time, data, first }: EntryPiece): Buffer | undefined {
    if (first) {
      const isOld = time < this.#from.time;
      const isSame = time === this.#from.time;
      this.#skips = isOld || (isSame && this.#seen < this.#from.count);
      if (isSame) this.#seen++;
    }
    if (this.#skips) return undefined;
    const written = this.#written[stream];
    if (written === undefined) return data;
    const most = Math.min(written.length, data.length);
    const isThere = written.subarray(0, most).equals(data.subarray(0, most));
    // What follows in the file was written by others: nothing of it is the log's.
    this.#written[stream] = isThere && written.length > most ? written.subarray(most) : undefined;
    return isThere ? data.subarray(most) : data;
  }
}
