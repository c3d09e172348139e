/** The requests of a session: they wait for a connection, and none waits longer than its time. */
import { formatServer } from './address.ts';
import type { ZooKeeperConnection } from './connection.ts';
import { ZooKeeperError } from './errors.ts';
import type { RecordReader, RecordWriter } from './jute.ts';

/** One operation. @typeParam T what it returns. */
export interface ZooKeeperRequest<T> {
  readonly opcode: number;
  /** For errors: `create /mesos`. */
  readonly what: string;
  write(writer: RecordWriter): void;
  read(answer: RecordReader): T;
  /** Returns what an error means, or throws it. Default: throws it. */
  recover?(error: ZooKeeperError): T;
}

/** What a queue needs. */
export interface RequestQueueOptions {
  /** The longest time of one request, waiting for a connection included. */
  readonly operationMs: number;
  /** What keeps the session from its servers, for messages; empty when there is nothing. */
  problem(): string;
}

interface Waiting {
  start(connection: ZooKeeperConnection): void;
  fail(error: ZooKeeperError): void;
}

const mostWaiting = 10_000;

/** The queue of one session. Requests are sent in the order of the calls. */
export class RequestQueue {
  readonly #options: RequestQueueOptions;
  #connection: ZooKeeperConnection | undefined;
  #waiting = new Set<Waiting>();
  #failure: ZooKeeperError | undefined;

  constructor(options: RequestQueueOptions) {
    this.#options = options;
  }

  /** Sends what waits, and from now on what comes. */
  connected(connection: ZooKeeperConnection): void {
    this.#connection = connection;
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const each of waiting) each.start(connection);
  }

  /** From now on requests wait for another connection. The connection fails those that it has sent. */
  disconnected(): void {
    this.#connection = undefined;
  }

  /** Fails all requests, also later ones, and those whose connection breaks from now on. */
  fail(failure: ZooKeeperError): void {
    this.#failure = failure;
    for (const each of this.#waiting) each.fail(failure);
    this.#waiting.clear();
  }

  /** Rejects with {@link ZooKeeperError}, never later than `operationMs`. */
  send<T>({ opcode, what, write, read, recover = rethrow }: ZooKeeperRequest<T>): Promise<T> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#waiting.size + (this.#connection?.waiting ?? 0) >= mostWaiting) {
      const message = `Could not ${what} in ZooKeeper: ${mostWaiting} requests wait for an answer; try again later`;
      return Promise.reject(new ZooKeeperError('ZK_BUSY', message));
    }
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        start: connection => {
          sentOn = connection;
          connection.send(opcode, what, write, answer => {
            clearTimeout(limit);
            try {
              resolve(answer instanceof ZooKeeperError ? recover(this.#failure ?? answer) : read(answer));
            } catch (error) {
              reject(error);
              if (!(error instanceof ZooKeeperError)) throw error;
            }
          });
        },
        fail: error => {
          clearTimeout(limit);
          reject(error);
        },
      };
      let sentOn: ZooKeeperConnection | undefined;
      const limit = setTimeout(() => {
        this.#waiting.delete(waiting);
        reject(this.#overdue(what, sentOn));
        sentOn?.destroy(new Error('the server does not answer a request'));
      }, this.#options.operationMs);
      if (this.#connection) waiting.start(this.#connection);
      else this.#waiting.add(waiting);
    });
  }

  #overdue(what: string, sentOn: ZooKeeperConnection | undefined): ZooKeeperError {
    const { operationMs, problem } = this.#options;
    const start = `Could not ${what} in ZooKeeper within ${operationMs} ms`;
    if (sentOn) {
      const words = `${formatServer(sentOn.server)} does not answer; whether it was done is unknown`;
      return new ZooKeeperError('ZK_TIMEOUT', `${start}: ${words}`);
    }
    return new ZooKeeperError('ZK_TIMEOUT', `${start}: no connection${problem() && ` to ${problem()}`}`);
  }
}

function rethrow(error: ZooKeeperError): never {
  throw error;
}
