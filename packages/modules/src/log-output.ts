import type { Readable } from 'node:stream';

/** Characters that are logged in any second; what goes beyond is dropped. */
const charactersPerSecond = 8192;

/**
 * Logs what a module's process or thread writes, within limits: nobody fills a disk or keeps the loop busy by writing.
 *
 * @param log takes a piece of text, and how many characters there were of it.
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
