/** Writes log lines to a file descriptor, in the background and in order. */
import { constants, openSync, readFileSync, write, writeSync } from 'node:fs';

/** The maximum size of the lines that wait for a slow destination. Further lines are dropped and counted. */
const maxWaiting = 16 * 1024 * 1024;
/** The time before a full destination is tried again. */
const RETRY_MS = 5;

/**
 * Collects lines and writes them without blocking the event loop: in the thread pool, or directly when the descriptor
 * does not block. One write runs at a time. Lines that wait when the process exits are written synchronously.
 */
export class Sink {
  readonly #fd: number;
  /**
   * On a non-blocking descriptor, a write may be incomplete. It is made on this thread, so that it is known at exit how
   * much is left.
   */
  #nonBlocking: boolean;
  #waiting: string[] = [];
  #size = 0;
  #dropped = 0;
  #inFlight: Buffer = Buffer.alloc(0);
  #busy = false;
  #idle: (() => void)[] = [];

  constructor(fd: number) {
    this.#fd = fd;
    this.#nonBlocking = isNonBlocking(fd);
  }

  /**
   * Opens a file for appending, and creates it when it is missing. Other users cannot read it, because a log may name
   * secrets. Synchronous, for use during start-up.
   */
  static open(path: string): Sink {
    const { O_APPEND, O_CREAT, O_WRONLY } = constants;
    return new Sink(openSync(path, O_APPEND | O_CREAT | O_WRONLY, 0o600));
  }

  /** Adds a line, with its line break. Never blocks, never throws. */
  write(line: string): void {
    if (this.#size > maxWaiting) {
      this.#dropped++;
      return;
    }
    this.#waiting.push(line);
    this.#size += line.length;
    if (!this.#busy) {
      this.#busy = true;
      setImmediate(() => this.#next());
    }
  }

  /** Resolves when all lines so far are written or dropped. */
  async flush(): Promise<void> {
    if (this.#busy) await new Promise<void>(resolve => this.#idle.push(resolve));
  }

  /** Writes the waiting lines synchronously, for use when the process exits. */
  flushSync(): void {
    // The thread pool finishes its write before the process ends.
    const unfinished = this.#nonBlocking ? this.#inFlight : Buffer.alloc(0);
    let buffer = Buffer.concat([unfinished, Buffer.from(this.#take())]);
    for (let attempts = 0; buffer.length > 0 && attempts < 1000; attempts++) {
      try {
        buffer = buffer.subarray(writeSync(this.#fd, buffer));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return; // the error cannot be reported
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      }
    }
  }

  #take(): string {
    const lines = this.#waiting.join('');
    const note =
      this.#dropped > 0 ? `W ${this.#dropped} log lines were dropped: they could not be written fast enough\n` : '';
    this.#waiting = [];
    this.#size = 0;
    this.#dropped = 0;
    return lines + note;
  }

  #next(): void {
    const text = this.#take();
    if (text === '') {
      this.#busy = false;
      const idle = this.#idle;
      this.#idle = [];
      for (const resolve of idle) resolve();
      return;
    }
    this.#inFlight = Buffer.from(text);
    this.#writeRest();
  }

  #writeRest(): void {
    if (!this.#nonBlocking) {
      write(this.#fd, this.#inFlight, (error, written) => this.#onWritten(error, written));
      return;
    }
    let written = 0;
    let failure: NodeJS.ErrnoException | null = null;
    try {
      written = writeSync(this.#fd, this.#inFlight);
    } catch (error) {
      failure = error as NodeJS.ErrnoException;
    }
    this.#onWritten(failure, written);
  }

  #onWritten(error: NodeJS.ErrnoException | null, written: number): void {
    const isFull = error?.code === 'EAGAIN';
    // Any other failure (a full disk, a closed pipe) loses these lines; later ones are tried again.
    if (!isFull) this.#inFlight = error ? Buffer.alloc(0) : this.#inFlight.subarray(written);
    if (this.#inFlight.length === 0) return this.#next();
    this.#nonBlocking = isNonBlocking(this.#fd); // another process that shares the descriptor may have changed it
    setTimeout(() => this.#writeRest(), isFull || this.#nonBlocking ? RETRY_MS : 0);
  }
}

/**
 * Tells whether a descriptor is non-blocking: a write returns at once, even when it could write only a part or nothing.
 */
function isNonBlocking(fd: number): boolean {
  try {
    const flags = /^flags:\s+([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? '0';
    return (Number.parseInt(flags, 8) & constants.O_NONBLOCK) !== 0;
  } catch {
    return false; // without /proc
  }
}
