/** Follows a log as it grows. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpAnswerError } from '@meseta/process';
import type { FileSource } from './file-source.ts';
import { type LogPosition, LogReader } from './log-reader.ts';
import { isMissing, RotatedFiles } from './rotated-files.ts';

/** The time between two reads that found nothing new. */
const pollMs = 60;
/** How long an agent may be unreachable after the task has ended. */
const longestAbsenceMs = 30_000;
/** An agent that is unreachable for longer than a restart takes is reported. */
const notedAbsenceMs = 3000;

/** The log to follow, and how. */
export interface FollowOptions {
  readonly source: FileSource;
  /** The file that is written. */
  readonly path: string;
  /** Where to begin; by default, with the oldest file that there is. */
  readonly begin?: LogPosition;
  /** No more bytes are wanted, even when the file grows. */
  readonly most?: number;
  /** Writes the next bytes. No more are read until it resolves. */
  write(data: Buffer): Promise<void>;
  /** Returns true when the file does not grow any more. */
  ended(): boolean;
  /** Returns true when the rest is not wanted. */
  stopped?(): boolean;
  /** Called once when the agent has not answered for some time. */
  away?(cause: unknown): void;
}

/**
 * Reads a log from a position to its end, and then what is added, until `ended`. It goes on over rotation, also of files that
 * were compressed meanwhile. A file that was truncated or replaced is read again from its beginning. Until `ended`, a
 * missing file and an unreachable agent are waited for.
 *
 * @returns false when no file was found.
 * @throws errors of the source: when it refuses the file, or when it still does not answer half a minute after the end.
 */
export async function follow({
  source,
  path,
  write,
  ended,
  away,
  stopped,
  begin,
  most,
}: FollowOptions): Promise<boolean> {
  const files = new RotatedFiles(source, path);
  let reader: LogReader | undefined;
  let left = most ?? Number.POSITIVE_INFINITY;
  let found = false;
  const writeMost = async (data: Buffer) => {
    const wanted = data.subarray(0, left);
    left -= wanted.length;
    found = true;
    if (wanted.length > 0) await write(wanted);
  };
  const absence = new Absence(away);
  while (!stopped?.() && left > 0) {
    const last = ended();
    if (last) absence.taskEnded();
    try {
      reader ??= new LogReader(files, begin ?? { age: await files.oldest(), offset: 0 });
      const moved = await reader.read(writeMost);
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

function isRefusal(error: unknown): boolean {
  return error instanceof HttpAnswerError && error.status < 500;
}
