/** Where log lines go: a file descriptor, written in the background, in order. */
import { constants, openSync, write, writeSync } from 'node:fs';

/** Lines waiting for a destination that does not take them are dropped beyond this, and counted. */
const maxWaiting = 16 * 1024 * 1024;

/**
 * Collects lines and writes them off the event loop; one write is under way at a time. What waits when the process
 * exits is written synchronously then.
 */
export class Sink {
  readonly #fd: number;
  #waiting: string[] = [];
  #size = 0;
  #dropped = 0;
  #inFlight: string | Buffer = '';
  #busy = false;
  #idle: (() => void)[] = [];

  constructor(fd: number) {
    this.#fd = fd;
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
    // A write under way is finished by the thread pool before the process is gone.
    const rest = this.#take();
    let buffer = Buffer.from(rest);
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
    write(this.#fd, this.#inFlight as Buffer, (error, written) => {
      if (error?.code === 'EAGAIN') {
        setTimeout(() => this.#writeRest(), 5);
        return;
      }
      // Any other failure (a full disk, a closed pipe) costs these lines; the next ones try again.
      const rest = error ? Buffer.alloc(0) : (this.#inFlight as Buffer).subarray(written);
      this.#inFlight = rest;
      if (rest.length > 0) this.#writeRest();
      else this.#next();
    });
  }
}
