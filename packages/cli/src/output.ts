import { writeSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { systemProblem } from '@meseta/system/system-problem';

/**
 * Ends the process when standard output cannot be written: a reader that goes away, as `| head` does, is no error. A
 * command that has something to end first takes this listener away.
 */
export function leaveWithReader(error: NodeJS.ErrnoException): never {
  if (error.code === 'EPIPE') process.exit(0);
  try {
    writeSync(2, `meseta: cannot write the output: ${systemProblem(error)}\n`);
  } catch {
    // Standard error cannot be written either: the exit code remains.
  }
  process.exit(1);
}

/** The write that is under way, so that the next piece is read meanwhile. */
const underWay = { stdout: Promise.resolve(), stderr: Promise.resolve() };

/**
 * Writes to standard output or error.
 *
 * @returns resolves when the write before this one is done: a writer that waits for it holds two pieces at most.
 */
export function write(stream: 'stdout' | 'stderr', data: Buffer | string): Promise<void> {
  const before = underWay[stream];
  // A stream that fails tells its listener; to whoever writes it only is done.
  underWay[stream] = new Promise(resolve => process[stream].write(data, () => resolve()));
  return before;
}

/** Prints pieces of text, each as a JSON object on a line of its own; a character may be split between two pieces. */
export function jsonLines(head: Readonly<Record<string, string>>): (data: Buffer) => Promise<void> {
  const decoder = new StringDecoder();
  return data => write('stdout', `${JSON.stringify({ ...head, data: decoder.write(data) })}\n`);
}

/** `3s`, `5m`, `2h`, `4d`: how long ago, for tables. */
export function age(sinceMs: number | undefined, nowMs = Date.now()): string {
  if (sinceMs === undefined) return '-';
  const seconds = Math.max(0, Math.floor((nowMs - sinceMs) / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
