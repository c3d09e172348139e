import type { FileHandle } from 'node:fs/promises';
import type { TarInput } from '../unpack/byte-input.ts';
import { LayerError } from '../unpack/layer-error.ts';

/** Reads an archive in a file, without reading what is skipped. */
export class FileInput implements TarInput {
  readonly #file: FileHandle;
  #position = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** The offset of the next byte. */
  get position(): number {
    return this.#position;
  }

  async exactly(size: number): Promise<Buffer> {
    const bytes = await this.exactlyOrEnd(size);
    if (bytes === undefined) throw new LayerError('it is cut off');
    return bytes;
  }

  async exactlyOrEnd(size: number): Promise<Buffer | undefined> {
    const bytes = Buffer.alloc(size);
    for (let done = 0; done < size; ) {
      const { bytesRead } = await this.#file.read(bytes, done, size - done, this.#position);
      if (bytesRead === 0 && done === 0) return undefined;
      if (bytesRead === 0) throw new LayerError('it is cut off');
      done += bytesRead;
      this.#position += bytesRead;
    }
    return bytes;
  }

  some(size: number): Promise<Buffer> {
    return this.exactly(Math.min(size, 64 * 1024));
  }

  async skip(size: number): Promise<void> {
    this.#position += size;
  }

  async drain(): Promise<void> {}
}
