import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';

/** The number of bytes that are written at a time: with fewer, waiting for the disk takes longer than writing. */
const batchBytes = 1024 * 1024;

/** What is known of contents before they come. */
export interface Known {
  /** Undefined: not known. It may be wrong. */
  readonly bytes?: number | undefined;
  /** The permissions of a local file. */
  readonly mode?: number | undefined;
}

/** Takes contents: `begin` once, then each part. Whether they are complete is known when the source has succeeded. */
export interface Sink {
  begin(known: Known): Promise<void>;
  /** Takes a part. @returns undefined, or what to wait for before the next part. */
  take(part: Buffer): Promise<void> | undefined;
  /** Writes a part, whose memory the source uses again afterwards. Nothing else may be given meanwhile. */
  write(part: Buffer): Promise<void>;
}

/** Counts what a source has passed on. */
export interface Transfer {
  bytes: number;
  /** Undefined: the source does not say. */
  total: number | undefined;
}

/** Passes a stream on. @throws the error of the stream, or of `take`. */
export function pump(body: Readable, take: Sink['take']): Promise<void> {
  body.on('data', (part: Buffer) => {
    const full = take(part);
    if (full === undefined) return;
    body.pause();
    full.then(
      () => body.resume(),
      error => body.destroy(error),
    );
  });
  return finished(body);
}

/** Writes parts to a file, many at a time: while some are written, the next ones are taken. */
export class BatchWriter {
  readonly #file: FileHandle;
  #parts: Buffer[] = [];
  #bytes = 0;
  #writing: Promise<void> | undefined;

  /** @param file is not closed. */
  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Takes a part. @returns what to wait for when the file is behind. */
  take(part: Buffer): Promise<void> | undefined {
    this.#parts.push(part);
    this.#bytes += part.length;
    if (this.#bytes < batchBytes) return undefined;
    if (this.#writing !== undefined) return this.#writing.then(() => this.#write());
    this.#write();
    return undefined;
  }

  /** Writes what was taken, and then a part, which is not needed afterwards. @throws errors of fs, also of earlier parts. */
  async write(part: Buffer): Promise<void> {
    await this.end();
    await writeAll(this.#file, [part]);
  }

  /** Writes the rest. @throws errors of fs, also of earlier parts. */
  async end(): Promise<void> {
    await this.#writing;
    this.#write();
    await this.#writing;
  }

  #write(): void {
    const parts = this.#parts;
    if (parts.length === 0) return;
    [this.#parts, this.#bytes] = [[], 0];
    const writing = writeAll(this.#file, parts).then(() => {
      this.#writing = undefined;
    });
    writing.catch(() => undefined); // the next one to wait for it gets the error
    this.#writing = writing;
  }
}

/** A full disk takes a part of what is written, and says so only the next time. */
async function writeAll(file: FileHandle, parts: readonly Buffer[]): Promise<void> {
  let left = parts;
  while (left.length > 0) {
    let { bytesWritten: written } = await file.writev(left as Buffer[]);
    const next = left.findIndex(part => {
      if (part.length > written) return true;
      written -= part.length;
      return false;
    });
    left = next === -1 ? [] : [left[next]!.subarray(written), ...left.slice(next + 1)];
  }
}
