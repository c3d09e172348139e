/** Follows a file as it grows. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpAnswerError } from '@meseta/process';
import type { FileSource } from './file-source.ts';

/** The time between two reads that found nothing new. */
const pollMs = 60;
/** How long an agent may be unreachable after the task has ended. */
const longestAbsenceMs = 30_000;
/** An agent that is unreachable for longer than a restart takes is reported. */
const notedAbsenceMs = 3000;

/** The file to follow, and how. */
export interface FollowOptions {
  readonly source: FileSource;
  readonly path: string;
  /** The offset of the first byte; 0 by default. */
  readonly offset?: number;
  /** The end of the wanted part, even when the file grows. */
  readonly end?: number;
  /** Writes the next bytes. No more are read until it resolves. */
  write(data: Buffer): Promise<void>;
  /** Returns true when the file does not grow any more. */
  ended(): boolean;
  /** Returns true when the rest is not wanted. */
  stopped?(): boolean;
  /** Called once when the agent has not answered for some time. */
  away?(cause: unknown): void;
}

/** The number of the last read bytes that are read again, to check that the file is still the same. */
const markBytes = 256;

/**
 * Reads a file from an offset to its end, and then what is added, until `ended`. A file that was truncated or replaced
 * is read again from its beginning: it is shorter than what was read, or has other bytes there. Until `ended`, a
 * missing file and an unreachable agent are waited for.
 *
 * @returns false when no file was found.
 * @throws errors of the source: when it refuses the file, or when it still does not answer half a minute after the end.
 */
export async function follow({ source, path, write, ended, away, stopped, ...more }: FollowOptions): Promise<boolean> {
  const reader = new Reader(source, path, more.offset ?? 0, more.end);
  const absence = new Absence(away);
  let found = false;
  while (!stopped?.()) {
    const last = ended();
    if (last) absence.taskEnded();
    try {
      const moved = await reader.read(write);
      found = true;
      absence.over();
      if (moved) continue;
      if (last) return true;
    } catch (error) {
      if (isMissing(error)) {
        if (last && !(await source.lookAgain?.(path))) return found;
      } else {
        if (isRefusal(error)) throw error;
        absence.observe(error);
      }
    }
    await sleep(pollMs);
  }
  return found;
}

/** Reads a file in order, and detects when it was replaced. */
class Reader {
  readonly #source: FileSource;
  readonly #path: string;
  #offset: number;
  readonly #end: number | undefined;
  /** The bytes before the offset, as they were read. */
  #mark = Buffer.alloc(0);

  constructor(source: FileSource, path: string, offset: number, end: number | undefined) {
    this.#end = end;
    this.#source = source;
    this.#path = path;
    this.#offset = offset;
  }

  /** Writes the new bytes. @returns false when there are none. @throws errors of the source. */
  async read(write: (data: Buffer) => Promise<void>): Promise<boolean> {
    const before = this.#offset;
    if (this.#end !== undefined && before >= this.#end) return false;
    const { size, body, cancel } = await this.#source.open(this.#path, this.#offset - this.#mark.length, this.#end);
    if (size < this.#offset) {
      await cancel();
      return this.#restart();
    }
    let check = this.#mark;
    try {
      for await (const piece of body) {
        const known = piece.subarray(0, check.length);
        if (!known.equals(check.subarray(0, known.length))) return this.#restart();
        check = check.subarray(known.length);
        const data = piece.subarray(known.length);
        if (data.length === 0) continue;
        this.#advance(data);
        await write(data);
      }
    } catch (error) {
      if (this.#offset === before) throw error; // otherwise a part was read, and reading continues after it
    }
    return this.#offset > before;
  }

  #advance(data: Buffer): void {
    this.#offset += data.length;
    const bytes = data.length < markBytes ? Buffer.concat([this.#mark, data]) : data;
    this.#mark = Buffer.from(bytes.subarray(-markBytes));
  }

  #restart(): true {
    this.#offset = 0;
    this.#mark = Buffer.alloc(0);
    return true;
  }
}

/** Measures how long an agent does not answer, and reports it once. */
class Absence {
  readonly #report: ((cause: unknown) => void) | undefined;
  #sinceMs: number | undefined;
  #endedMs = Number.POSITIVE_INFINITY;
  #reported = false;

  constructor(report: ((cause: unknown) => void) | undefined) {
    this.#report = report;
  }

  taskEnded(): void {
    this.#endedMs = Math.min(this.#endedMs, performance.now());
  }

  over(): void {
    this.#sinceMs = undefined;
    this.#reported = false;
  }

  /** Records a failed request. @throws the cause when the absence has lasted too long. */
  observe(cause: unknown): void {
    const now = performance.now();
    this.#sinceMs ??= now;
    if (now - Math.max(this.#sinceMs, this.#endedMs) > longestAbsenceMs) throw cause;
    if (this.#reported || now - this.#sinceMs < notedAbsenceMs) return;
    this.#reported = true;
    this.#report?.(cause);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof HttpAnswerError && error.status === 404;
}

function isRefusal(error: unknown): boolean {
  return error instanceof HttpAnswerError && error.status < 500;
}
