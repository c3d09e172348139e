/** A file and the older ones that it was rotated to: `stdout`, `stdout.1`, `stdout.2.gz`. */
import { createGunzip } from 'node:zlib';
import { HttpAnswerError } from '@meseta/process';
import type { FilePart, FileSource } from './file-source.ts';

/** The number of a file among those of one log: 0 is written, 1 is the latest of the older ones. */
export type Age = number;

/** More are not looked for. */
const mostAges = 1000;
const mostLooks = 2;

/** A part of one file of a log. */
export interface LogPart extends FilePart {
  /** It is compressed on the agent; its bytes and sizes here are those of the contents. */
  readonly isCompressed: boolean;
}

/** Opens the files of one log by their ages. */
export class RotatedFiles {
  readonly #source: FileSource;
  readonly path: string;

  /** @param path of the file that is written. */
  constructor(source: FileSource, path: string) {
    this.#source = source;
    this.path = path;
  }

  /** Opens a file as `FileSource.open` does. @throws errors of the source; 404 when there is none of this age. */
  async open(age: Age, offset: number, end?: number): Promise<LogPart> {
    if (age === 0) return { ...(await this.#source.open(this.path, offset, end)), isCompressed: false };
    const path = `${this.path}.${age}`;
    for (let look = 1; ; look++) {
      try {
        return { ...(await this.#source.open(path, offset, end)), isCompressed: false };
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
      try {
        return await this.#openCompressed(`${path}.gz`, offset, end);
      } catch (error) {
        // Between the two looks, files may have got their next names.
        if (!isMissing(error) || look === mostLooks) throw error;
      }
    }
  }

  /** Opens a file as {@link open} does. Returns undefined when there is none. */
  async find(age: Age, offset: number, end?: number): Promise<LogPart | undefined> {
    try {
      return await this.open(age, offset, end);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Returns the size of a file; undefined when there is none. */
  async sizeOf(age: Age): Promise<number | undefined> {
    const part = await this.find(age, 0, 1);
    await part?.cancel();
    return part?.size;
  }

  /** Returns the greatest age, 0 when there is no older file. */
  async oldest(): Promise<Age> {
    let age = 0;
    while (age < mostAges && (await this.sizeOf(age + 1)) !== undefined) age++;
    return age;
  }

  async #openCompressed(path: string, offset: number, end = Number.POSITIVE_INFINITY): Promise<LogPart> {
    const whole = await this.#source.open(path, 0);
    const trailer = await this.#source.open(path, Math.max(0, whole.size - 4)).catch(async error => {
      await whole.cancel();
      throw error;
    });
    const bytes = await bytesOf(trailer);
    // The end of the format: the size of what was compressed.
    const size = bytes.length === 4 ? bytes.readUInt32LE(0) : 0;
    const { id, cancel } = whole;
    return { size, id, cancel, isCompressed: true, body: rangeOf(decompressed(whole), offset, end) };
  }
}

async function* decompressed({ body }: FilePart): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  const feed = async () => {
    for await (const piece of body) {
      if (gunzip.destroyed) return;
      if (!gunzip.write(piece)) await new Promise(resolve => gunzip.once('drain', resolve).once('close', resolve));
    }
    gunzip.end();
  };
  feed().catch(error => gunzip.destroy(error));
  yield* gunzip;
}

async function* rangeOf(pieces: AsyncIterable<Buffer>, start: number, end: number): AsyncGenerator<Buffer> {
  let at = 0;
  for await (const piece of pieces) {
    const wanted = piece.subarray(Math.max(0, start - at), Math.max(0, end - at));
    at += piece.length;
    if (wanted.length > 0) yield wanted;
    if (at >= end) return;
  }
}

/** Reads a part to its end. */
export async function bytesOf({ body }: FilePart): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Tells whether an error says that there is no such file. */
export function isMissing(error: unknown): boolean {
  return error instanceof HttpAnswerError && error.status === 404;
}
