import type { Readable } from 'node:stream';

/** Longest line that is kept whole: what prints without end must not fill the memory. */
const maximumLine = 64 * 1024;

/** Gives the lines of a stream, until it ends or is destroyed; the last one also without its line feed. */
export async function readLines(stream: Readable | null, onLine: (line: string) => void): Promise<void> {
  if (!stream) return;
  let rest = '';
  stream.setEncoding('utf8');
  try {
    for await (const piece of stream) {
      const lines = (rest + piece).split('\n');
      rest = (lines.pop() ?? '').slice(0, maximumLine);
      lines.forEach(onLine);
    }
  } catch {
    // Closed under a command that was aborted.
  }
  if (rest !== '') onLine(rest);
}
