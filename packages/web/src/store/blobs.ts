/** Bytes by row, packed closely: an object for each of a hundred thousand rows would need as much again as what is in them. */
import { withRoomFor } from './room.ts';

/** Places are multiples of this, so that the place of something that is gone has the size that something else needs. */
const STEP = 16;
const CHUNK = 1024 * 1024;
/** What is longer has memory of its own, so that little is lost at the ends of chunks. */
const LONGEST = 16 * 1024;
const FIRST_CAPACITY = 64;
const nothing = new Uint8Array();

/** Some bytes for each row of a table. A row that has none has zero of them. */
export class Blobs {
  #chunks: Uint8Array[] = [];
  /** The first place, in steps, that has never been used. */
  #end = 0;
  /** Places that are free again, by their size in steps. */
  #free: number[][] = [];
  /** By row: where its bytes are, in steps, and how many there are. */
  #places = new Uint32Array(FIRST_CAPACITY);
  #lengths = new Uint32Array(FIRST_CAPACITY);
  readonly #long = new Map<number, Uint8Array>();
  #rows = 0;

  /** The bytes that have been allocated for all rows. */
  get allocated(): number {
    return this.#chunks.length * CHUNK + this.#long.values().reduce((sum, { length }) => sum + length, 0);
  }

  /** Returns the bytes of a row. They change when the row does: copy what is to stay. */
  of(row: number): Uint8Array {
    const length = this.#lengths[row] ?? 0;
    if (length === 0) return nothing;
    const long = this.#long.get(row);
    return long ?? this.#at(this.#places[row] as number, length);
  }

  /** Keeps a copy of bytes in the place of what the row has. */
  set(row: number, bytes: Uint8Array): void {
    const { length } = bytes;
    const before = this.#lengths[row] ?? 0;
    if (before === 0 || length === 0 || stepsOf(before) !== stepsOf(length) || length > LONGEST) {
      this.delete(row);
      if (length === 0) return;
      this.#places = withRoomFor(row, this.#places);
      this.#lengths = withRoomFor(row, this.#lengths);
      this.#rows++;
      if (length > LONGEST) this.#long.set(row, Uint8Array.from(bytes));
      else this.#places[row] = this.#obtain(stepsOf(length));
    }
    this.#lengths[row] = length;
    if (length > LONGEST) return;
    const start = (this.#places[row] as number) * STEP;
    this.#chunkOf(start).set(bytes, start % CHUNK);
  }

  /** Forgets the bytes of a row. */
  delete(row: number): void {
    const length = this.#lengths[row] ?? 0;
    if (length === 0) return;
    if (!this.#long.delete(row)) this.#release(this.#places[row] as number, stepsOf(length));
    this.#lengths[row] = 0;
    if (--this.#rows > 0) return;
    this.#chunks = [];
    this.#free = [];
    this.#end = 0;
  }

  #at(place: number, length: number): Uint8Array {
    const start = place * STEP;
    return this.#chunkOf(start).subarray(start % CHUNK, (start % CHUNK) + length);
  }

  /** The chunk that has a place, in bytes. */
  #chunkOf(start: number): Uint8Array {
    return this.#chunks[Math.floor(start / CHUNK)] as Uint8Array;
  }

  #obtain(steps: number): number {
    const free = this.#free[steps]?.pop();
    if (free !== undefined) return free;
    const left = this.#chunks.length * (CHUNK / STEP) - this.#end;
    if (left < steps) {
      if (left > 0) this.#release(this.#end, left);
      this.#end += left;
      this.#chunks.push(new Uint8Array(CHUNK));
    }
    const place = this.#end;
    this.#end += steps;
    return place;
  }

  #release(place: number, steps: number): void {
    this.#free[steps] ??= [];
    this.#free[steps].push(place);
  }
}

const stepsOf = (length: number): number => Math.ceil(length / STEP);
