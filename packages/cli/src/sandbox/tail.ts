/** Finds the beginning of the last part of a log, in the file that is written or in older ones. */
import type { LogPosition } from './log-reader.ts';
import { type Age, bytesOf, type RotatedFiles } from './rotated-files.ts';

const blockBytes = 64 * 1024;
const lineFeed = 10;

/** The part of a log that is wanted: the last lines or bytes; both undefined: all. */
export interface TailPart {
  /** Text after the last line feed counts as a line. */
  readonly lines?: number | undefined;
  readonly bytes?: number | undefined;
}

/** Where that part begins, and its size at this moment. */
export interface Beginning {
  readonly begin: LogPosition;
  readonly size: number;
}

/**
 * Finds the beginning of the last lines or bytes. Reads no more than these.
 *
 * @throws errors of the source, but not for a missing file: its size is 0.
 */
export async function beginning(files: RotatedFiles, { lines, bytes }: TailPart): Promise<Beginning> {
  const size = (await files.sizeOf(0)) ?? 0;
  let found: Beginning = { begin: { age: 0, offset: 0 }, size: 0 };
  let missing = lines ?? bytes ?? Number.POSITIVE_INFINITY;
  for (let age: Age = 0, of: number | undefined = size; of !== undefined; age++, of = await files.sizeOf(age)) {
    const part = lines === undefined ? lastBytes(of, missing) : await lastLines(files, age, of, missing);
    found = { begin: { age, offset: part.offset }, size: found.size + of - part.offset };
    missing -= part.count;
    const isWhole = bytes !== undefined || lines === 0 || part.offset > 0 || !(await continues(files, age + 1));
    if (missing <= 0 && isWhole) break;
  }
  return found;
}

interface Part {
  readonly offset: number;
  /** How many of the wanted lines or bytes it has. */
  readonly count: number;
}

function lastBytes(size: number, count: number): Part {
  const offset = Math.max(0, size - count);
  return { offset, count: size - offset };
}

/** Tells whether the last line of a file ends in the next one. */
async function continues(files: RotatedFiles, age: Age): Promise<boolean> {
  const size = await files.sizeOf(age);
  if (!size) return false;
  return (await bytesOf(await files.open(age, size - 1, size)))[0] !== lineFeed;
}

/** @param size the part of the file that is examined: it may grow meanwhile. */
async function lastLines(files: RotatedFiles, age: Age, size: number, count: number): Promise<Part> {
  if (size === 0 || (count === 0 && age === 0)) return { offset: size, count: 0 };
  const { isCompressed, cancel } = await files.open(age, 0, 1);
  await cancel();
  const atOnce = isCompressed ? size : blockBytes; // what is compressed can only be read from its beginning
  let missing = count;
  for (let end = size; end > 0; end -= atOnce) {
    const start = Math.max(0, end - atOnce);
    const block = await bytesOf(await files.open(age, start, end));
    // The last line of an older file may end in the next one, where it was counted.
    if (end === size && age > 0 && block.at(-1) !== lineFeed) missing++;
    for (let index = block.length - 1; index >= 0; index--) {
      if (block[index] !== lineFeed || start + index === size - 1) continue; // ends the last line, begins no other
      if (--missing === 0) return { offset: start + index + 1, count };
    }
  }
  return { offset: 0, count: count - missing + 1 };
}
