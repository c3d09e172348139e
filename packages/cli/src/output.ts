import { writeSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { systemClock } from '@meseta/system/clock';
import { systemProblem } from '@meseta/system/system-problem';

/**
 * Ends the process when standard output cannot be written. A reader that has closed the pipe, such as `| head`, is no
 * error. A command that has to clean up first removes this listener.
 */
export function leaveWithReader(error: NodeJS.ErrnoException): never {
  if (error.code === 'EPIPE') process.exit(0);
  try {
    writeSync(2, `meseta: cannot write the output: ${systemProblem(error)}\n`);
  } catch {
    // Standard error cannot be written either; the exit code remains.
  }
  process.exit(1);
}

/** The running write of each stream. The next piece is read meanwhile. */
const underWay = { stdout: Promise.resolve(), stderr: Promise.resolve() };

/**
 * Writes to standard output or standard error.
 *
 * @returns resolves when the previous write is done: a writer that waits for it has at most two pieces in memory.
 */
export function write(stream: 'stdout' | 'stderr', data: Buffer | string): Promise<void> {
  const before = underWay[stream];
  // An error is reported to the stream's listener; the writer only learns that the write has ended.
  underWay[stream] = new Promise(resolve => process[stream].write(data, () => resolve()));
  return before;
}

/**
 * Makes a function that prints pieces of text as JSON objects, one a line. A character may be split between two pieces.
 */
export function jsonLines(head: Readonly<Record<string, string>>): (data: Buffer) => Promise<void> {
  const decoder = new StringDecoder();
  return data => write('stdout', `${JSON.stringify({ ...head, data: decoder.write(data) })}\n`);
}

/** Formats how long ago a time was, for tables: `3s`, `5m`, `2h`, `4d`. */
export function age(sinceMs: number | undefined, nowMs = systemClock.now()): string {
  if (sinceMs === undefined) return '-';
  const seconds = Math.max(0, Math.floor((nowMs - sinceMs) / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
