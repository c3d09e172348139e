import type { Readable } from 'node:stream';

/**
 * The longest line in characters. Longer lines are passed on in pieces, so that output without line feeds does not fill
 * the memory.
 */
const longestLine = 1024 * 1024;

/** Reads a stream by lines until it ends or is destroyed. A last line without a line feed counts. */
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
  stream.on('error', () => undefined); // the stream of an aborted command is closed
  stream.on('close', () => {
    if (rest !== '') onLine(rest);
    resolve();
  });
  return promise;
}
