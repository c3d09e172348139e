import type { Readable } from 'node:stream';

/** Longer lines come in pieces: what prints without end must not fill the memory. */
const longestLine = 1024 * 1024;

/** Gives the lines of a stream, until it ends or is destroyed; the last one also without its line feed. */
export function readLines(stream: Readable | null, onLine: (line: string) => void): Promise<void> {
  if (!stream) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (piece: string) => {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
    if (rest.length <= longestLine) return;
    onLine(rest);
    rest = '';
  });
  stream.on('error', () => undefined); // closed under a command that was aborted
  stream.on('close', () => {
    if (rest !== '') onLine(rest);
    resolve();
  });
  return promise;
}
