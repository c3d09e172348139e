/** Where log lines go: a file descriptor, written in the background, in order. */
import { constants, openSync, readFileSync, write, writeSync } from 'node:fs';

/** Lines waiting for a destination that does not take them are dropped beyond this, and counted. */
const maxWaiting = 16 * 1024 * 1024;
/** Until a destination that is full is tried again. */
const RETRY_MS = 5;

/**
 * Collects lines and writes them without blocking the event loop: in the thread pool, or, where the descriptor does not
 * block, right here. One write is under way at a time. What waits when the process exits is written synchronously then.
 */
export class Sink {
  readonly #fd: number;
  /** Writes may be short then, and only one that is done here tells in time how much is left when the process exits. */
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

  /** Appends to a file, made when missing, which others cannot read: what a log names may be secret. Synchronous: for start-up. */
  static open(path: string): Sink {
    const { O_APPEND, O_CREAT, O_WRONLY } = constants;
    return new Sink(openSync(path, O_APPEND | O_CREAT | O_WRONLY, 0o600));
  }

  /** Takes a line, with its line break. Never blocks, never throws. */
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

  /** Resolves once everything taken so far is written or given up. */
  async flush(): Promise<void> {
    if (this.#busy) await new Promise<void>(resolve => this.#idle.push(resolve));
  }

  /** Writes what waits, on the spot. For the moment of exit: nothing runs afterwards. */
  flushSync(): void {
    // What the thread pool is writing, it finishes before the process is gone.
    const unfinished = this.#nonBlocking ? this.#inFlight : Buffer.alloc(0);
    let buffer = Buffer.concat([unfinished, Buffer.from(this.#take())]);
    for (let attempts = 0; buffer.length > 0 && attempts < 1000; attempts++) {
      try {
        buffer = buffer.subarray(writeSync(this.#fd, buffer));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return; // nobody is left to tell
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
    // Any other failure (a full disk, a closed pipe) costs these lines; the next ones try again.
    if (!isFull) this.#inFlight = error ? Buffer.alloc(0) : this.#inFlight.subarray(written);
    if (this.#inFlight.length === 0) return this.#next();
    this.#nonBlocking = isNonBlocking(this.#fd); // somebody who shares it may have changed it
    setTimeout(() => this.#writeRest(), isFull || this.#nonBlocking ? RETRY_MS : 0);
  }
}

/** Whether writes to a descriptor return at once, having written a part or nothing, when it takes no more. */
function isNonBlocking(fd: number): boolean {
  try {
    const flags = /^flags:\s+([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? '0';
    return (Number.parseInt(flags, 8) & constants.O_NONBLOCK) !== 0;
  } catch {
    return false; // without /proc
  }
}
