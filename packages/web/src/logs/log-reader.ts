/** Reads a file of a sandbox: its end and what is written, or from any place, and what is around that on demand. */
import { Pause } from '../pause.ts';
import { asRequestError, type RequestError } from '../requests/request.ts';
import { type Line, LineBuffer, MOST_BYTES } from './line-buffer.ts';

/** A part of a file, as it was read. */
export interface Piece {
  readonly bytes: Uint8Array;
  /** Where it begins, in bytes. */
  readonly start: number;
  /** Of the whole file, in bytes. */
  readonly size: number;
  /** Another one after a rotation; undefined where the agent does not say. */
  readonly fileId: string | undefined;
}

/** Reads the bytes of a range, such as `bytes=0-99` or `bytes=-100`; none of them: an empty piece. @throws {RequestError} */
export type ReadRange = (range: string, signal: AbortSignal) => Promise<Piece>;

/** How a file became another one. */
type Break = 'truncated' | 'rotated';

/** What is known of a file. */
export interface LogState {
  readonly lines: readonly Line[];
  /** Where the first line begins in the file, in bytes: 0 when it is the first of the file. */
  readonly start: number;
  /** The first byte of the file after the last line. */
  readonly end: number;
  /** Of the whole file, in bytes; undefined before it was read. */
  readonly size: number | undefined;
  /** What is written is read on. */
  readonly isFollowing: boolean;
  /** A place that was gone to last, another object each time; undefined: none. */
  readonly goal: { readonly offset: number } | undefined;
  /** What is around the goal is not read yet. */
  readonly isArriving: boolean;
  /** What happened to the file since: its lines so far are gone. */
  readonly broken: Break | undefined;
  /** What happened to the file since these lines were read, which are no more in it; undefined: they are, as far as it is known. */
  readonly outdated: Break | undefined;
  readonly problem: RequestError | undefined;
  /** How many lines came before those that were there, and went, since the beginning: what the reader's place moves by. */
  readonly shift: number;
}

const PIECE_BYTES = 256 * 1024;
const FIRST_BYTES = 64 * 1024;
/** Before a place that was asked for, so that a line is whole and something is around it. */
const BEFORE_BYTES = 64 * 1024;
/** So much of what is here is read again with what is next to it: where it differs, the file was written anew. */
const OVERLAP_BYTES = 64;
const PAUSE_MS = 1000;
const PAUSE_AFTER_PROBLEM_MS = 5000;
/** So many reads in a row that bring nothing may follow without a pause: after a rotation, or to a place that is not there. */
const MOST_IDLE = 4;

/** Reads one file until it is closed. It follows it at first, unless it is told where to begin. */
export class LogReader {
  readonly #read: ReadRange;
  readonly #listeners = new Set<() => void>();
  readonly #ended = new AbortController();
  #buffer = new LineBuffer(0);
  #fileId: string | undefined;
  #state: LogState = {
    ...{ lines: [], start: 0, end: 0, size: undefined, isFollowing: true, goal: undefined, isArriving: false },
    ...{ broken: undefined, outdated: undefined, problem: undefined, shift: 0 },
  };
  readonly #pause = new Pause();
  #isReadingEarlier = false;
  #isReadingLater = false;
  /** The next piece is the end of the file, whatever is there. */
  #jumps = true;
  /** The next piece is around this place; undefined: it is where the reader is. */
  #goesTo: number | undefined;

  /** @param at the place to begin at, in bytes; undefined: at the end, which it follows. */
  constructor(read: ReadRange, at?: number) {
    this.#read = read;
    if (at !== undefined) this.goTo(at);
  }

  get state(): LogState {
    return this.#state;
  }

  /** Calls `listener` when the state changes. @returns a function that ends this. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Reads on until it is closed. Never rejects. */
  async run(): Promise<void> {
    let idle = 0;
    while (!this.#ended.signal.aborted) {
      const { end } = this.#buffer;
      let pause = await this.#advance().catch((error: unknown) => this.#fail(error));
      idle = pause === 0 && this.#buffer.end <= end ? idle + 1 : 0;
      // An agent may say again and again that there is more, and send nothing of it.
      if (idle > MOST_IDLE) pause = PAUSE_MS;
      if (pause > 0) await this.#pause.wait(pause);
    }
  }

  /** Reads what is before the first line, if there is something. */
  async readEarlier(): Promise<void> {
    const buffer = this.#buffer;
    if (this.#isReadingEarlier || buffer.start === 0 || this.#state.outdated) return;
    this.#isReadingEarlier = true;
    try {
      const from = Math.max(0, buffer.start - PIECE_BYTES);
      const { start: end } = buffer;
      const piece = await this.#read(`bytes=${from}-${end + OVERLAP_BYTES - 1}`, this.#ended.signal);
      if (this.#buffer !== buffer || buffer.start !== end) return;
      const known = buffer.firstBytes(OVERLAP_BYTES);
      const outdated = this.#breakIn(piece, buffer.end) ?? (differs(piece, end, known) ? 'truncated' : undefined);
      if (outdated) return this.#set({ outdated, size: piece.size });
      if (piece.start !== from || piece.bytes.length < end - from) return;
      this.#set({ shift: this.#state.shift + buffer.prepend(piece.bytes.subarray(0, end - from)) });
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isReadingEarlier = false;
    }
  }

  /** Reads what is after the last line, if there is something. Only while it does not follow, which reads that anyway. */
  async readLater(): Promise<void> {
    const buffer = this.#buffer;
    const { size = 0, isFollowing, outdated: before } = this.#state;
    if (this.#isReadingLater || isFollowing || this.#goesTo !== undefined || buffer.end >= size || before) return;
    this.#isReadingLater = true;
    try {
      const { end } = buffer;
      const known = buffer.lastBytes(OVERLAP_BYTES);
      const from = end - known.length;
      const piece = await this.#read(`bytes=${from}-${end + PIECE_BYTES - 1}`, this.#ended.signal);
      if (this.#buffer !== buffer || buffer.end !== end) return;
      const outdated = this.#breakIn(piece, end) ?? (differs(piece, from, known) ? 'truncated' : undefined);
      if (outdated) return this.#set({ outdated, size: piece.size });
      if (piece.start !== from) return;
      const gone = buffer.append(piece.bytes.subarray(known.length));
      this.#set({ size: piece.size, problem: undefined, shift: this.#state.shift - gone });
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isReadingLater = false;
    }
  }

  /** Whether what is written is read on. Without it, what is there stays, also when earlier lines come. */
  follow(isFollowing: boolean): void {
    if (isFollowing === this.#state.isFollowing) return;
    if (isFollowing) this.#goesTo = undefined;
    this.#set({ isFollowing, goal: undefined });
    if (isFollowing) this.#pause.end();
  }

  /** Shows the lines around a place of the file, in bytes, and follows no more. */
  goTo(offset: number): void {
    const { lines, start, end, size, outdated } = this.#state;
    const isHere = this.#goesTo === undefined && !outdated && lines.length > 0 && start <= offset && offset < end;
    if (!isHere && size !== 0) this.#goesTo = offset;
    this.#set({ isFollowing: false, goal: { offset } });
    this.#pause.end();
  }

  /** Ends the pause before the next attempt. */
  retry(): void {
    this.#pause.end();
  }

  close(): void {
    this.#ended.abort();
    this.#pause.end();
  }

  /** Reads the next piece. @returns how long to wait before another one, in milliseconds. */
  async #advance(): Promise<number> {
    if (this.#goesTo !== undefined) return this.#arrive(this.#goesTo);
    if (!this.#state.isFollowing) return PAUSE_MS;
    const jumps = this.#jumps;
    const buffer = this.#buffer;
    const { end } = buffer;
    const known = jumps ? new Uint8Array() : buffer.lastBytes(OVERLAP_BYTES);
    // With the last byte at least: a range of none is an error, which browsers log each time.
    const from = Math.max(0, end - Math.max(1, known.length));
    const range = jumps ? `bytes=-${FIRST_BYTES}` : `bytes=${from}-${end + PIECE_BYTES - 1}`;
    const piece = await this.#read(range, this.#ended.signal);
    // Its reader went elsewhere meanwhile.
    if (this.#buffer !== buffer || buffer.end !== end || this.#goesTo !== undefined) return 0;
    const broken = this.#breakIn(piece, end) ?? (differs(piece, from, known) ? 'truncated' : undefined);
    this.#fileId = piece.fileId ?? this.#fileId;
    if (broken) return this.#startAnew(broken, piece.size);
    // There is more than is ever kept: only its end would stay.
    this.#jumps = !jumps && piece.size - end > 2 * MOST_BYTES;
    if (this.#jumps) return 0;
    if (jumps) this.#buffer = new LineBuffer(piece.start);
    const bytes = jumps ? piece.bytes : piece.bytes.subarray(end - from);
    if (bytes.length > 0 || jumps || this.#state.problem) {
      const gone = this.#buffer.append(bytes);
      this.#set({ size: piece.size, problem: undefined, shift: this.#state.shift - gone });
    }
    return this.#buffer.end < piece.size ? 0 : PAUSE_MS;
  }

  /** Reads what is around a place: the lines so far are not those of the buffer any more. */
  async #arrive(offset: number): Promise<number> {
    const from = Math.max(0, offset - BEFORE_BYTES);
    const piece = await this.#read(`bytes=${from}-${from + PIECE_BYTES - 1}`, this.#ended.signal);
    if (this.#goesTo !== offset) return 0;
    const broken = this.#breakIn(piece, this.#buffer.end);
    this.#fileId = piece.fileId ?? this.#fileId;
    // The place is not in the file any more, or was never: its end is shown.
    if (piece.bytes.length === 0 && piece.size > 0 && from > 0) {
      this.#goesTo = Math.max(0, piece.size - 1);
      return 0;
    }
    this.#goesTo = undefined;
    this.#jumps = false;
    this.#buffer = new LineBuffer(piece.start);
    this.#buffer.append(piece.bytes);
    this.#set({ size: piece.size, problem: undefined, outdated: undefined, ...(broken && { broken }) });
    return PAUSE_MS;
  }

  /** Returns how the file became another one, as far as its id and size show; an empty file has no id. @param end of what is here. */
  #breakIn({ fileId, size }: Piece, end: number): Break | undefined {
    if (this.#state.size === undefined) return undefined;
    if (this.#fileId !== undefined && fileId !== undefined && fileId !== this.#fileId) return 'rotated';
    return size < end ? 'truncated' : undefined;
  }

  #startAnew(broken: Break, size: number): number {
    this.#buffer = new LineBuffer(0);
    this.#jumps = false;
    this.#set({ broken, size, problem: undefined, outdated: undefined });
    return 0;
  }

  #fail(error: unknown): number {
    if (this.#ended.signal.aborted) return 0;
    this.#set({ problem: asRequestError(error) });
    return PAUSE_AFTER_PROBLEM_MS;
  }

  #set(change: Partial<LogState>): void {
    const { lines, start, end } = this.#buffer;
    const isArriving = this.#goesTo !== undefined;
    this.#state = { ...this.#state, ...change, lines: [...lines], start, end, isArriving };
    for (const listener of this.#listeners) listener();
  }
}

/** Tells whether a piece has other bytes than those that are known. @param at where these begin in the file. */
function differs({ bytes, start }: Piece, at: number, known: Uint8Array): boolean {
  return known.some((byte, index) => (bytes[at + index - start] ?? byte) !== byte);
}
