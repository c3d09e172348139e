import type { OutputAttachment, OutputReader, OutputStream } from '../../container-io.ts';

/** Where output comes from. */
interface Source {
  pause(): unknown;
  resume(): unknown;
}

/**
 * Passes the output of one container on to its readers.
 *
 * With `waits`, sources are read as long as the first reader wants more: it is the client whose session it is. Others have to
 * hold what they get, or detach. Without it, sources are always read.
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
    if (this.#sources.delete(source) && this.#sources.size === 0) this.end('complete');
  }

  /** Tells all readers that there is no more. Idempotent. */
  end(how: 'complete' | 'lost'): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#sources.clear();
    this.#ended.resolve();
    for (const reader of this.#readers) reader.end(how);
    this.#readers.clear();
  }

  /** See `ContainerIO.read`. */
  read(reader: OutputReader): OutputAttachment {
    if (this.#hasEnded) reader.end('complete');
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
    const [first] = this.#readers;
    const wanted = first !== undefined && !this.#full.has(first);
    for (const source of this.#sources) wanted ? source.resume() : source.pause();
  }
}
