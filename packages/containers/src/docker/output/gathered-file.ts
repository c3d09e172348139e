import type { FileHandle } from 'node:fs/promises';

/** A file is written to when so much waits. */
const gatheredBytes = 64 * 1024;

/**
 * Gathers what is appended to a file, as a container that writes many short lines needs it: one write for all that came at a time.
 * Once a write has failed, everything later fails as well.
 */
export class GatheredFile {
  readonly #handle: Pick<FileHandle, 'appendFile'>;
  #parts: Buffer[] = [];
  #bytes = 0;
  #written: Promise<void> = Promise.resolve();
  #soon: NodeJS.Immediate | undefined;

  /** @param handle is not closed by this. */
  constructor(handle: Pick<FileHandle, 'appendFile'>) {
    this.#handle = handle;
  }

  /** Resolves at once, unless much waits. */
  async append(data: Buffer): Promise<void> {
    this.#parts.push(data);
    this.#bytes += data.length;
    if (this.#bytes >= gatheredBytes) await this.flush();
    else this.#soon ??= setImmediate(() => void this.flush().catch(() => undefined)); // the next one fails, too
  }

  /** Resolves when all is written. @throws {NodeJS.ErrnoException} */
  flush(): Promise<void> {
    clearImmediate(this.#soon);
    this.#soon = undefined;
    const parts = this.#parts;
    this.#parts = [];
    this.#bytes = 0;
    if (parts.length > 0) this.#written = this.#written.then(() => this.#handle.appendFile(Buffer.concat(parts)));
    return this.#written;
  }
}
