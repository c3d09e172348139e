import { StringDecoder } from 'node:string_decoder';
import { type Column, formatTable } from './table.ts';

/** Prints rows as a table, or as one JSON array when asked: what a script reads is the daemon's own message. */
export function printRows<T>(columns: readonly Column<T>[], rows: readonly T[], asJson: boolean | undefined): void {
  if (asJson) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
  else process.stdout.write(formatTable(columns, rows, process.stdout.isTTY ? process.stdout.columns : undefined));
}

/**
 * Ends the process when standard output cannot be written: a reader that goes away, as `| head` does, is no error. A
 * command that has something to end first takes this listener away.
 */
export function leaveWithReader(error: NodeJS.ErrnoException): never {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
}

/** Prints pieces of text, each as a JSON object on a line of its own; a character may be split between two pieces. */
export function jsonLines(head: Readonly<Record<string, string>>): (data: Buffer) => void {
  const decoder = new StringDecoder();
  return data => process.stdout.write(`${JSON.stringify({ ...head, data: decoder.write(data) })}\n`);
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
