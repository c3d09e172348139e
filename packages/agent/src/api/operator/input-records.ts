import { HttpError } from '@meseta/process';
import { DecodeError, RecordDecoder } from '@meseta/protocol';

/** The longest record of a stream of calls, so that a client cannot exhaust memory. */
const longestRecord = 8 * 1024 * 1024;

/** The records of a request's body, one at a time: no more is read of the connection than is asked for. */
export class InputRecords {
  readonly #decoder = new RecordDecoder(longestRecord);
  readonly #pieces: AsyncIterator<Buffer>;
  readonly #decoded: Buffer[] = [];
  #draining = false;

  /** @param body of a request, in pieces as they arrive. */
  constructor(body: AsyncIterable<Buffer>) {
    // Leaving a loop over the stream would break the connection off, before the answer is sent.
    this.#pieces = body[Symbol.asyncIterator]();
  }

  /**
   * Reads the next record; undefined when there is none any more.
   *
   * @throws {HttpError} 400 when it cannot be read, or the client is gone.
   */
  async next(): Promise<Buffer | undefined> {
    while (this.#decoded.length === 0) {
      const { value, done } = await this.#pieces.next().catch(cause => {
        throw new HttpError('BODY_INCOMPLETE', 'Failed to read the request body', { cause });
      });
      if (done) return undefined;
      this.#decode(value);
    }
    return this.#decoded.shift();
  }

  #decode(piece: Buffer): void {
    try {
      this.#decoded.push(...this.#decoder.push(piece));
    } catch (cause) {
      if (cause instanceof DecodeError) throw new HttpError('BODY_MALFORMED', cause.message, { cause });
      throw cause;
    }
  }

  /** Reads on and drops what comes, so that the connection can be used again. */
  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    void this.#drain();
  }

  async #drain(): Promise<void> {
    try {
      while (!(await this.#pieces.next()).done);
    } catch {
      // The client has disconnected, so no answer is needed.
    }
  }
}
