/** Input and output of a container, for those who are attached to it. */

/** Which of its files a container has written to. A terminal has one stream only, `stdout`. */
export type OutputStream = 'stdout' | 'stderr';

/** Receives the output of a container. */
export interface OutputReader {
  /**
   * Takes a piece of output, whose bytes are others when it returns.
   *
   * @returns false when it has enough for now: it calls `resume` of its attachment when it wants more.
   */
  take(stream: OutputStream, data: Buffer): boolean;
  /**
   * There is no more: all processes that could write have ended. With `lost` there may be, but the connection to them is gone.
   */
  end(how: 'complete' | 'lost'): void;
}

/** One reader's attachment to a container. */
export interface OutputAttachment {
  /** The reader wants more. */
  resume(): void;
  /** The reader wants nothing any more. Idempotent. */
  detach(): void;
}

/** The input of a container cannot be written: its processes have closed it. */
export class InputClosedError extends Error {
  override readonly name = 'InputClosedError';
  readonly code = 'INPUT_CLOSED';
}

/** The container has a terminal that cannot be reached now: its engine is away. It goes on, and is reached when the engine is back. */
export class TerminalAwayError extends Error {
  override readonly name = 'TerminalAwayError';
  readonly code = 'TERMINAL_AWAY';
}

/**
 * Input and output of a running container whose launch asked for it. Output goes to all readers. Where there is nowhere else
 * for it to go, the container waits for the first one; otherwise it waits for none. The others have to hold what they are given.
 */
export interface ContainerIO {
  /** Input and output are a terminal. */
  readonly isTerminal: boolean;
  /** The container waits for its first reader. False: its output goes to a file, too, and readers have to keep up with it. */
  readonly waits: boolean;
  /** Resolves when there is no more output. */
  readonly ended: Promise<void>;
  /** Adds a reader, which gets the output from now on; of a container that waits, all that no reader has had yet. */
  read(reader: OutputReader): OutputAttachment;
  /**
   * Writes to standard input. Resolves when there is room for more; of a container that has ended, at once.
   *
   * @throws {InputClosedError}
   */
  write(data: Buffer): Promise<void>;
  /** Ends standard input, unless it is a terminal, which has no end. Idempotent. */
  endInput(): void;
  /** Sets the size of the terminal. Returns false when there is none. */
  resize(rows: number, columns: number): boolean;
}
