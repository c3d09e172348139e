/**
 * Looks for a text in a whole file, from its end to its beginning: what was written last is most often what is looked for.
 * The file is read in slices, so that it takes as much memory for a file of any size, and can be ended at any time.
 */
import { asRequestError, type RequestError } from '../requests/request.ts';
import { withoutEscapes } from './ansi.ts';
import type { ReadRange } from './log-reader.ts';

const SLICE_BYTES = 1024 * 1024;
/** A line of which more than this has been read is looked through in parts. */
const LONGEST_BYTES = 256 * 1024;
/** More places than these are not kept. */
export const MOST_FOUND = 10_000;

const NEWLINE = 10;
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** What has been found so far. */
export interface FindState {
  /** Where lines begin that contain the text, in bytes, the first one of the file first; of a very long line, a place in it. */
  readonly found: readonly number[];
  /** How many bytes of the file have been looked through, of how many. */
  readonly searched: number;
  readonly size: number | undefined;
  /**
   * - `searching`
   * - `complete`: the whole file was looked through
   * - `enough`: there are more than are kept; the earliest are left out
   * - `changed`: the file was rotated or truncated meanwhile
   * - `cancelled`
   * - `failed`: see `problem`
   */
  readonly phase: 'searching' | 'complete' | 'enough' | 'changed' | 'cancelled' | 'failed';
  readonly problem: RequestError | undefined;
}

/** See the top of this file. Case does not matter. */
export class FileFinder {
  readonly #read: ReadRange;
  readonly #needle: string;
  /** What may be before the end of a part that belongs to a text that begins in the next one. */
  readonly #overlap: number;
  readonly #ended = new AbortController();
  readonly #listeners = new Set<() => void>();
  /** The last one of the file first. */
  readonly #found: number[] = [];
  #state: FindState = { found: [], searched: 0, size: undefined, phase: 'searching', problem: undefined };

  /** @param text not empty. */
  constructor(read: ReadRange, text: string) {
    this.#read = read;
    this.#needle = text.toLowerCase();
    this.#overlap = 4 * text.length;
  }

  get state(): FindState {
    return this.#state;
  }

  /** Calls `listener` when the state changes. @returns a function that ends this. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Looks through the file. Never rejects. */
  async run(): Promise<void> {
    try {
      this.#set({ phase: await this.#search() });
    } catch (error) {
      if (this.#ended.signal.aborted) return this.#set({ phase: 'cancelled' });
      this.#set({ phase: 'failed', problem: asRequestError(error) });
    }
  }

  /** Ends it; what is found stays. */
  cancel(): void {
    this.#ended.abort();
  }

  async #search(): Promise<FindState['phase']> {
    const { signal } = this.#ended;
    const last = await this.#read(`bytes=-${SLICE_BYTES}`, signal);
    const { size, fileId } = last;
    let piece = last;
    /** What was read and not looked through: the beginning of the part that was looked through last belongs to it. */
    let rest: Uint8Array = new Uint8Array();
    while (true) {
      const bytes = joined(piece.bytes, rest);
      rest = this.#searchPart(bytes, piece.start);
      this.#set({ searched: size - piece.start, size });
      if (this.#found.length >= MOST_FOUND) return 'enough';
      if (piece.start === 0) return 'complete';
      const from = Math.max(0, piece.start - SLICE_BYTES);
      const next = await this.#read(`bytes=${from}-${piece.start - 1}`, signal);
      const isSame = next.fileId === fileId && next.start === from && from + next.bytes.length === piece.start;
      if (!isSame) return 'changed';
      piece = next;
    }
  }

  /** Looks through the lines of a part. @returns its beginning that belongs to a line of the part before. */
  #searchPart(bytes: Uint8Array, offset: number): Uint8Array {
    const newline = bytes.indexOf(NEWLINE);
    const first = offset === 0 ? 0 : newline < 0 ? bytes.length : newline + 1;
    if (first > LONGEST_BYTES) {
      this.#searchLines(bytes, 0, offset);
      return bytes.subarray(0, this.#overlap);
    }
    this.#searchLines(bytes, first, offset);
    return bytes.subarray(0, first);
  }

  /** The text is looked for in all of it first: most parts of most files do not contain it. */
  #searchLines(bytes: Uint8Array, first: number, offset: number): void {
    if (!this.#contains(bytes.subarray(first))) return;
    for (let end = bytes.length; end > first && this.#found.length < MOST_FOUND; ) {
      const start = lineStart(bytes, first, end);
      const line = bytes.subarray(start, end);
      const place = line.length > LONGEST_BYTES ? this.#placeIn(line) : this.#contains(line) ? 0 : undefined;
      // The overlap of two parts is looked through twice.
      if (place !== undefined && this.#found.at(-1) !== offset + start + place)
        this.#found.push(offset + start + place);
      end = start;
    }
  }

  #contains(bytes: Uint8Array): boolean {
    return withoutEscapes(decoder.decode(bytes)).toLowerCase().includes(this.#needle);
  }

  /** Returns where the text is in a long line, in bytes: exactly, as long as letters have the same size in both cases. */
  #placeIn(line: Uint8Array): number | undefined {
    const text = decoder.decode(line).toLowerCase();
    const index = text.indexOf(this.#needle);
    if (index < 0) return undefined;
    return Math.min(line.length - 1, encoder.encode(text.slice(0, index)).length);
  }

  #set(change: Partial<FindState>): void {
    const found = this.#found.length === this.#state.found.length ? this.#state.found : this.#found.toReversed();
    this.#state = { ...this.#state, ...change, found };
    for (const listener of this.#listeners) listener();
  }
}

/** Returns where the line begins that ends before `end`. */
function lineStart(bytes: Uint8Array, first: number, end: number): number {
  // A negative place would count from the end.
  return end - 2 < first ? first : Math.max(first, bytes.lastIndexOf(NEWLINE, end - 2) + 1);
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

/** Returns the place after another one, or before it; at the end of them it begins anew. @param found not empty, ascending. */
export function neighbour(found: readonly number[], at: number | undefined, direction: 'next' | 'previous'): number {
  const [first = 0] = found;
  const last = found.at(-1) ?? first;
  if (direction === 'next') return (at === undefined ? undefined : found.find(each => each > at)) ?? first;
  return (at === undefined ? undefined : found.findLast(each => each < at)) ?? last;
}
