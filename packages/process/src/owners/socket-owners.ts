import { close, open, read } from 'node:fs';
import { type Endpoint, type Question, SocketTable } from './socket-table.ts';

/** Where the kernel lists the TCP sockets of this process's network namespace. */
const TABLES = ['/proc/self/net/tcp', '/proc/self/net/tcp6'];
const PIECE_BYTES = 64 * 1024;
/** The processor time of one read of a table (the kernel returns at most 4 KiB), measured with 20,000 sockets. */
const READ_COST_MS = 0.07;
/**
 * The pause between two passes over the tables, as a multiple of their cost: about 8 % of a processor under constant
 * load.
 */
const REST_FACTOR = 12;
const LONGEST_REST_MS = 1000;
/**
 * The pauses that are skipped after a quiet time, half a second of a processor: all agents of a cluster may connect at
 * once.
 */
const REST_LEFT_OUT_MS = 6000;
/** The tables are not a snapshot: an entry may be missed while others change, but hardly ever twice. */
const TRIES = 3;

/** Reads a table in pieces until it ends or `onPiece` has seen enough (false). @returns how many reads it took. */
export type ReadTable = (path: string, onPiece: (piece: Buffer) => boolean) => Promise<number>;

/** The kernel's list of sockets cannot be read. */
export class SocketTableError extends Error {
  override readonly name = 'SocketTableError';
  readonly code = 'SOCKET_TABLE_UNREADABLE';
  constructor(path: string, cause: unknown) {
    super(`Cannot find out who connects: failed to read ${path}. Is /proc mounted?`, { cause });
  }
}

interface Waiting {
  readonly question: Question;
  readonly answer: (uid: number | undefined) => void;
  readonly fail: (error: unknown) => void;
  triesLeft: number;
}

/** Finds the owner of a socket; see {@link SocketOwners}. */
export type Owners = Pick<SocketOwners, 'ofConnection' | 'ofListener'>;

/**
 * Finds the user who owns a TCP socket of this machine, from the kernel's tables. One pass over the tables answers all
 * waiting questions. The pause between passes grows with the number of sockets, except for the first ones after a quiet
 * time.
 */
export class SocketOwners {
  readonly #read: ReadTable;
  readonly #rest: (ms: number) => Promise<void>;
  #waiting: Waiting[] = [];
  #working = false;
  /** The pause that is still to be made, as of the time below. */
  #owedMs = 0;
  #owedAtMs = 0;

  constructor(options: { readonly read?: ReadTable; readonly rest?: (ms: number) => Promise<void> } = {}) {
    this.#read = options.read ?? readTable;
    this.#rest = options.rest ?? rest;
  }

  /**
   * Returns the id of the user who owns the other end of a connection: `local` and `remote` from that end's view.
   * Undefined when the end is not on this machine, or belongs to no process any more.
   *
   * @throws {SocketTableError}
   */
  ofConnection(local: Endpoint, remote: Endpoint): Promise<number | undefined> {
    return this.#ask({ local, remote }, TRIES);
  }

  /**
   * Returns the id of the user whose process listens on this address; undefined when none listens.
   *
   * @param anyAddress accepts a listener on another address, too, unless another user listens on the port: for
   * addresses that are not this machine's, as with `--advertise_ip`.
   * @throws {SocketTableError}
   */
  ofListener(listening: Endpoint, anyAddress: boolean): Promise<number | undefined> {
    return this.#ask({ listening, anyAddress }, 1);
  }

  /** Checks whether owners can be determined on this machine. @throws {SocketTableError} */
  async check(): Promise<void> {
    await this.ofListener({ address: '127.0.0.1', port: 0 }, false);
  }

  #ask(question: Question, triesLeft: number): Promise<number | undefined> {
    return new Promise((answer, fail) => {
      this.#waiting.push({ question, answer, fail, triesLeft });
      void this.#work();
    });
  }

  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    while (this.#waiting.length > 0) {
      const asked = this.#waiting.splice(0);
      const reads = await this.#pass(asked);
      await this.#rest(this.#restAfter(reads));
    }
    this.#working = false;
  }

  #restAfter(reads: number): number {
    const now = performance.now();
    const paid = now - this.#owedAtMs;
    this.#owedAtMs = now;
    this.#owedMs = Math.max(0, this.#owedMs - paid) + reads * READ_COST_MS * REST_FACTOR;
    return Math.min(LONGEST_REST_MS, Math.max(0, this.#owedMs - REST_LEFT_OUT_MS));
  }

  async #pass(asked: readonly Waiting[]): Promise<number> {
    let reads = 0;
    try {
      const table = new SocketTable(asked.map(({ question }) => question));
      for (const path of TABLES) {
        reads += await this.#read(path, piece => {
          table.push(piece);
          return !table.complete;
        });
        table.endTable();
        if (table.complete) break;
      }
      for (const each of asked) {
        const uid = table.answer(each.question);
        if (uid === undefined && --each.triesLeft > 0) this.#waiting.push(each);
        else each.answer(uid);
      }
    } catch (error) {
      for (const { fail } of asked) fail(error);
    }
    return reads;
  }
}

function rest(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms).unref());
}

const buffers: Buffer[] = [];

/** The promises of `fs` cost twice as much, and a table may take hundreds of reads. */
function readTable(path: string, onPiece: (piece: Buffer) => boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    open(path, (failure, descriptor) => {
      if (failure) {
        // A kernel without IPv6 has no such table.
        if (failure.code === 'ENOENT' && path.endsWith('6')) return resolve(0);
        return reject(new SocketTableError(path, failure));
      }
      const buffer = buffers.pop() ?? Buffer.allocUnsafe(PIECE_BYTES);
      let reads = 0;
      const end = (error?: unknown) => {
        buffers.push(buffer);
        close(descriptor, () => (error === undefined ? resolve(reads) : reject(new SocketTableError(path, error))));
      };
      const next = () =>
        read(descriptor, buffer, 0, PIECE_BYTES, null, (error, bytes) => {
          if (error) return end(error);
          reads++;
          if (bytes === 0 || !onPiece(buffer.subarray(0, bytes))) return end();
          next();
        });
      next();
    });
  });
}
