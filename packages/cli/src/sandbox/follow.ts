/** Follows a file as it grows. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpAnswerError } from '@meseta/process';
import type { FileSource } from './file-source.ts';

/** Between looks that found nothing new. */
const pollMs = 60;
/** How long an agent may be away once the task has ended. */
const longestAbsenceMs = 30_000;
/** An agent that is away for longer than a start takes is worth a note. */
const notedAbsenceMs = 3000;

/** Which file is followed, and until when. */
export interface FollowOptions {
  readonly source: FileSource;
  readonly path: string;
  /** First byte; 0 by default. */
  readonly offset?: number;
  /** Nothing from this byte on is wanted, however much the file grows. */
  readonly end?: number;
  /** Takes the next bytes; nothing more is read until it resolves. */
  write(data: Buffer): Promise<void>;
  /** True when nothing more is written to the file. */
  ended(): boolean;
  /** True when nobody wants the rest. */
  stopped?(): boolean;
  /** The agent has not answered for some time; called once for each absence. */
  away?(cause: unknown): void;
}

/** How many of the bytes that were read last are looked at again, to see that they are the file's still. */
const markBytes = 256;

/**
 * Passes on a file from an offset to its end, and what is added until `ended`. A file that was emptied, or put aside for
 * a new one, is read again from its beginning: it is shorter than what was read, or has other bytes there. While the
 * writer is not done, a file that is not there yet and an agent that does not answer are waited for.
 *
 * @returns false when no file was found.
 * @throws what the source throws: when it refuses the file, or half a minute after the end when it still does not answer.
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

/** Reads a file in order, and notices when it is another one. */
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

  /** Passes on what is there now. @returns false when that is nothing. @throws what the source throws. */
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
      if (this.#offset === before) throw error; // else it was cut off in the middle: on from there
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

/** Of an agent that does not answer: how long it lasts, and who has heard of it. */
class Absence {
  readonly #tell: ((cause: unknown) => void) | undefined;
  #sinceMs: number | undefined;
  #endedMs = Number.POSITIVE_INFINITY;
  #told = false;

  constructor(tell: ((cause: unknown) => void) | undefined) {
    this.#tell = tell;
  }

  taskEnded(): void {
    this.#endedMs = Math.min(this.#endedMs, performance.now());
  }

  over(): void {
    this.#sinceMs = undefined;
    this.#told = false;
  }

  /** @throws the cause when it has lasted too long. */
  observe(cause: unknown): void {
    const now = performance.now();
    this.#sinceMs ??= now;
    if (now - Math.max(this.#sinceMs, this.#endedMs) > longestAbsenceMs) throw cause;
    if (this.#told || now - this.#sinceMs < notedAbsenceMs) return;
    this.#told = true;
    this.#tell?.(cause);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof HttpAnswerError && error.status === 404;
}

function isRefusal(error: unknown): boolean {
  return error instanceof HttpAnswerError && error.status < 500;
}
