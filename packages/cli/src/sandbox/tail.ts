/** Finds the start of the last lines of a file. */
import type { FileSource } from './file-source.ts';

const blockBytes = 64 * 1024;
const lineFeed = 10;

/** Returns the size of a file. @throws {HttpAnswerError} 404 when there is none. */
export async function sizeOf(source: FileSource, path: string): Promise<number> {
  const { size, body } = await source.open(path, 0, 1);
  for await (const _ of body); // at most one byte
  return size;
}

/**
 * Finds the offset of the last lines. Reads no more of the file than these.
 *
 * @param size the part of the file that is examined: it may grow meanwhile.
 * @param count of lines; text after the last line feed counts as a line.
 */
export async function offsetOfLastLines(
  source: FileSource,
  path: string,
  size: number,
  count: number,
): Promise<number> {
  if (count === 0) return size;
  let missing = count;
  for (let end = size; end > 0; end -= blockBytes) {
    const start = Math.max(0, end - blockBytes);
    const block = await readBlock(source, path, start, end);
    for (let index = block.length - 1; index >= 0; index--) {
      const isLast = start + index === size - 1; // ends the last line rather than beginning another
      if (block[index] === lineFeed && !isLast && --missing === 0) return start + index + 1;
    }
  }
  return 0;
}

async function readBlock(source: FileSource, path: string, start: number, end: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of (await source.open(path, start, end)).body) pieces.push(piece);
  return Buffer.concat(pieces);
}
