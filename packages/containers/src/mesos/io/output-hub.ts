import type { OutputAttachment, OutputReader, OutputStream } from '../../container-io.ts';

/** Where output comes from. */
interface Source {
  pause(): unknown;
  resume(): unknown;
}

/**
 * Passes the output of one container on to its readers.
 *
 * With `waits`, sources are read as long as one reader wants more: a reader that stalls beside another one has to hold what
 * it gets, or detach. Without it, they are always read.
 */
export class OutputHub {
  readonly waits: boolean;
  readonly #ended = Promise.withResolvers<void>();
  readonly #sources = new Set<Source>();
  readonly #readers = new Set<OutputReader>();
  /** Readers that have enough for now. */
  readonly #full = new Set<OutputReader>();
  #hasEnded = false;

  constructor(waits: boolean) {
    this.waits = waits;
  }

  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Adds a source of output. All are added before the first one ends. */
  add(source: Source): void {
    this.#sources.add(source);
    this.#adjust();
  }

  /** Passes output on. */
  take(stream: OutputStream, data: Buffer): void {
    for (const reader of this.#readers) if (!reader.take(stream, data)) this.#full.add(reader);
    this.#adjust();
  }

  /** A source has ended. */
  endOf(source: Source): void {
    if (this.#sources.delete(source) && this.#sources.size === 0) this.end();
  }

  /** Tells all readers that there is no more. Idempotent. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#sources.clear();
    this.#ended.resolve();
    for (const reader of this.#readers) reader.end();
    this.#readers.clear();
  }

  /** See `ContainerIO.read`. */
  read(reader: OutputReader): OutputAttachment {
    if (this.#hasEnded) reader.end();
    else this.#readers.add(reader);
    this.#adjust();
    return {
      resume: () => {
        if (this.#full.delete(reader)) this.#adjust();
      },
      detach: () => {
        this.#readers.delete(reader);
        this.#full.delete(reader);
        this.#adjust();
      },
    };
  }

  #adjust(): void {
    if (!this.waits) return;
    const wanted = this.#readers.size > this.#full.size;
    for (const source of this.#sources) wanted ? source.resume() : source.pause();
  }
}
