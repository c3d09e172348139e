/** The messages of the rows of a table, packed: a hundred thousand of them need a third of the memory that they take on the wire. */
import { Blobs } from './blobs.ts';
import { LONGEST, Packer } from './packer.ts';
import { withRoomFor } from './room.ts';

/** Samples of one kind. Where messages of a kind differ more than that, some are packed less closely. */
const MAX_SAMPLES = 8;
/** A message that a sample leaves more than this of does not resemble it. */
const GOOD = 0.5;
/** A shorter message is kept as it is, without a sample, as nothing would be saved. */
const SHORTEST = 64;
/** In the place of the number of a sample: the message is kept as it is. */
const PLAIN = 0;
const FIRST_CAPACITY = 64;

interface Sample {
  readonly bytes: Uint8Array;
  readonly kind: string;
  /** How many rows are packed with it. */
  rows: number;
}

/** A message for each row of a table. A row that has none has an empty one. */
export class PackedRecords {
  readonly #blobs = new Blobs();
  readonly #packer = new Packer();
  /** By number; undefined: none, or free again. */
  readonly #samples: (Sample | undefined)[] = [undefined];
  readonly #freeNumbers: number[] = [];
  /** The numbers of the samples of each kind, the one that was used last at the front. */
  readonly #byKind = new Map<string, number[]>();
  /** By row: the number of the sample that it is packed with. */
  #numbers = new Uint32Array(FIRST_CAPACITY);

  /** The bytes that have been allocated for all rows. */
  get allocated(): number {
    return this.#blobs.allocated + this.#samples.reduce((sum, sample) => sum + (sample?.bytes.length ?? 0), 0);
  }

  /** Returns the message of a row. It is valid until the next call. */
  peek(row: number): Uint8Array {
    const packed = this.#blobs.of(row);
    const number = this.#numberOf(row);
    return number === PLAIN ? packed : this.#packer.unpack(packed, this.#sample(number).bytes);
  }

  /** Returns a copy of the message of a row. */
  of(row: number): Uint8Array {
    return Uint8Array.from(this.peek(row));
  }

  /** Keeps a message in the place of what the row has. @param kind what messages that resemble it have in common. */
  set(row: number, bytes: Uint8Array, kind: string): void {
    this.delete(row);
    if (bytes.length < SHORTEST || bytes.length > LONGEST) return this.#blobs.set(row, bytes);
    const numbers = this.#byKind.get(kind) ?? [];
    for (const number of numbers) {
      const packed = this.#packer.pack(bytes, this.#sample(number).bytes);
      if (packed.length > bytes.length * GOOD) continue;
      this.#put(row, number, packed);
      moveToFront(numbers, number);
      return;
    }
    const number = numbers.length < MAX_SAMPLES ? this.#add(bytes, kind) : (numbers[0] as number);
    this.#put(row, number, this.#packer.pack(bytes, this.#sample(number).bytes));
  }

  /** Keeps another message in the place of what the row has, which it resembles. */
  update(row: number, bytes: Uint8Array): void {
    const number = this.#numberOf(row);
    if (number !== PLAIN && bytes.length <= LONGEST)
      return this.#blobs.set(row, this.#packer.pack(bytes, this.#sample(number).bytes));
    this.#release(row);
    this.#blobs.set(row, bytes);
  }

  /** Forgets the message of a row. */
  delete(row: number): void {
    this.#blobs.delete(row);
    this.#release(row);
  }

  #put(row: number, number: number, packed: Uint8Array): void {
    this.#numbers = withRoomFor(row, this.#numbers);
    this.#blobs.set(row, packed);
    this.#numbers[row] = number;
    this.#sample(number).rows++;
  }

  #add(bytes: Uint8Array, kind: string): number {
    const number = this.#freeNumbers.pop() ?? this.#samples.length;
    this.#samples[number] = { bytes: Uint8Array.from(bytes), kind, rows: 0 };
    const numbers = this.#byKind.get(kind);
    if (numbers) numbers.unshift(number);
    else this.#byKind.set(kind, [number]);
    return number;
  }

  #sample(number: number): Sample {
    return this.#samples[number] as Sample;
  }

  #numberOf(row: number): number {
    return this.#numbers[row] ?? PLAIN;
  }

  /** The row needs its sample no more. */
  #release(row: number): void {
    const number = this.#numberOf(row);
    if (number === PLAIN) return;
    this.#numbers[row] = PLAIN;
    const sample = this.#sample(number);
    if (--sample.rows > 0) return;
    this.#samples[number] = undefined;
    this.#freeNumbers.push(number);
    const left = (this.#byKind.get(sample.kind) ?? []).filter(each => each !== number);
    if (left.length > 0) this.#byKind.set(sample.kind, left);
    else this.#byKind.delete(sample.kind);
  }
}

function moveToFront(numbers: number[], number: number): void {
  if (numbers[0] === number) return;
  numbers.splice(numbers.indexOf(number), 1);
  numbers.unshift(number);
}
