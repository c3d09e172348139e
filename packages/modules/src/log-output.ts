import type { Readable } from 'node:stream';

/** The number of characters that are logged in a second. Further output is dropped. */
const charactersPerSecond = 8192;

/**
 * Logs the output of a module's process or thread up to a limit, so that it cannot fill the disk or occupy the event
 * loop.
 *
 * @param log receives a piece of text, and the number of characters that were written.
 */
export function logOutput(stream: Readable, log: (text: string, characters: number) => void): void {
  let [second, room] = [0, 0];
  stream.setEncoding('utf8').on('data', (text: string) => {
    const now = Math.floor(performance.now() / 1000);
    if (now !== second) [second, room] = [now, charactersPerSecond];
    if (room > 0) log(text.slice(0, room).trimEnd(), text.length);
    room -= text.length;
  });
}
