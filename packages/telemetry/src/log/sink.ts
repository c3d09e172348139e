/** Writes log lines to a file descriptor, in the background and in order. */
import { constants, openSync, readFileSync, write, writeSync } from 'node:fs';
import { systemProblem } from '@meseta/system/system-problem';

/** The maximum size of the lines that wait for a slow destination. Further lines are dropped and counted. */
const maxWaiting = 16 * 1024 * 1024;
/** The time before a full destination is tried again. */
const RETRY_MS = 5;
const lineFeed = 0x0a;

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
  /** Lines that could not be written, and why: the next ones that can be follow a line which says so. */
  #lost = 0;
  #problem = '';
  /** Only a part of the last line was written. */
  #isTorn = false;
  /** How much of what is being written is the line about lost ones. */
  #noteBytes = 0;
  #inFlight: Buffer = Buffer.alloc(0);
  #busy = false;
  #idle: (() => void)[] = [];
  readonly #onLoss: (error: NodeJS.ErrnoException) => void;

  /** @param onLoss called when lines begin to be lost. */
  constructor(fd: number, onLoss: (error: NodeJS.ErrnoException) => void = () => undefined) {
    this.#fd = fd;
    this.#onLoss = onLoss;
    this.#nonBlocking = isNonBlocking(fd);
  }

  /**
   * Opens a file for appending, and creates it when it is missing. Other users cannot read it, because a log may name
   * secrets. Synchronous, for use during start-up.
   */
  static open(path: string, onLoss?: (error: NodeJS.ErrnoException) => void): Sink {
    const { O_APPEND, O_CREAT, O_WRONLY } = constants;
    return new Sink(openSync(path, O_APPEND | O_CREAT | O_WRONLY, 0o600), onLoss);
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
    if (lines === '' && this.#dropped === 0) return '';
    const note =
      this.#dropped > 0 ? `W ${this.#dropped} log lines were dropped: they could not be written fast enough\n` : '';
    this.#waiting = [];
    this.#size = 0;
    this.#dropped = 0;
    const lossNote = this.#lossNote();
    this.#noteBytes = Buffer.byteLength(lossNote);
    return lossNote + lines + note;
  }

  #lossNote(): string {
    if (this.#lost === 0) return '';
    return `${this.#isTorn ? '\n' : ''}W ${this.#lost} log lines are missing here: ${this.#problem}\n`;
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

  #advance(written: number): void {
    if (written > 0) this.#isTorn = this.#inFlight[written - 1] !== lineFeed;
    if (this.#noteBytes > 0 && written >= this.#noteBytes) this.#lost = 0;
    this.#noteBytes = Math.max(0, this.#noteBytes - written);
    this.#inFlight = this.#inFlight.subarray(written);
  }

  #lose(error: NodeJS.ErrnoException): void {
    if (this.#lost === 0) this.#onLoss(error);
    this.#lost += linesIn(this.#inFlight.subarray(this.#noteBytes));
    this.#problem = systemProblem(error);
    this.#noteBytes = 0;
    this.#inFlight = Buffer.alloc(0);
  }

  #onWritten(error: NodeJS.ErrnoException | null, written: number): void {
    const isFull = error?.code === 'EAGAIN';
    // Any other failure (a full disk, a closed pipe) loses these lines; later ones are tried again.
    if (error && !isFull) this.#lose(error);
    else if (!isFull) this.#advance(written);
    if (this.#inFlight.length === 0) return this.#next();
    this.#nonBlocking = isNonBlocking(this.#fd); // another process that shares the descriptor may have changed it
    setTimeout(() => this.#writeRest(), isFull || this.#nonBlocking ? RETRY_MS : 0);
  }
}

/** Counts the lines that end in a text. */
function linesIn(text: Buffer): number {
  let count = 0;
  for (let at = text.indexOf(lineFeed); at !== -1; at = text.indexOf(lineFeed, at + 1)) count++;
  return count;
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
