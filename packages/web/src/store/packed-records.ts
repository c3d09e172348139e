/** The messages of the rows of a table, packed: a hundred thousand of them need a third of the memory that they take on the wire. */
import { Blobs } from './blobs.ts';
import { Packer } from './packer.ts';

/** Samples of one kind. Where messages of a kind differ more than that, some are packed less closely. */
const MAX_SAMPLES = 8;
/** A message that a sample leaves more than this of does not resemble it. */
const GOOD = 0.5;
/** A shorter message is no sample, as nothing is saved by it, and a longer one is not packed. */
const SAMPLE_LENGTHS = { shortest: 64, longest: 16 * 1024 };
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
  /** By number; undefined: free again. The first is none, and is never released. */
  readonly #samples: (Sample | undefined)[] = [{ bytes: new Uint8Array(), kind: '', rows: 1 }];
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
    return packed.length === 0 ? packed : this.#packer.unpack(packed, this.#bytesOf(this.#numbers[row] as number));
  }

  /** Returns a copy of the message of a row. */
  of(row: number): Uint8Array {
    return Uint8Array.from(this.peek(row));
  }

  /** Keeps a message in the place of what the row has. @param kind what messages that resemble it have in common. */
  set(row: number, bytes: Uint8Array, kind: string): void {
    this.delete(row);
    if (bytes.length === 0) return;
    const numbers = this.#byKind.get(kind) ?? [];
    for (const number of numbers) {
      const packed = this.#packer.pack(bytes, this.#bytesOf(number));
      if (packed.length > bytes.length * GOOD) continue;
      this.#put(row, number, packed);
      moveToFront(numbers, number);
      return;
    }
    const isSample = numbers.length < MAX_SAMPLES && canBeSample(bytes);
    const number = isSample ? this.#add(bytes, kind) : (numbers[0] ?? 0);
    this.#put(row, number, this.#packer.pack(bytes, this.#bytesOf(number)));
  }

  /** Keeps another message in the place of what the row has, which it resembles. */
  update(row: number, bytes: Uint8Array): void {
    const number = this.#numbers[row] ?? 0;
    this.#blobs.set(row, this.#packer.pack(bytes, this.#bytesOf(number)));
  }

  /** Forgets the message of a row. */
  delete(row: number): void {
    this.#blobs.delete(row);
    const number = this.#numbers[row] ?? 0;
    if (number === 0) return;
    this.#numbers[row] = 0;
    this.#release(number);
  }

  #put(row: number, number: number, packed: Uint8Array): void {
    if (row >= this.#numbers.length) {
      const larger = new Uint32Array(Math.max(row + 1, this.#numbers.length * 2));
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
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

  #bytesOf(number: number): Uint8Array {
    return this.#sample(number).bytes;
  }

  #release(number: number): void {
    const sample = this.#sample(number);
    if (--sample.rows > 0) return;
    this.#samples[number] = undefined;
    this.#freeNumbers.push(number);
    const left = (this.#byKind.get(sample.kind) ?? []).filter(each => each !== number);
    if (left.length > 0) this.#byKind.set(sample.kind, left);
    else this.#byKind.delete(sample.kind);
  }
}

const canBeSample = ({ length }: Uint8Array) => length >= SAMPLE_LENGTHS.shortest && length <= SAMPLE_LENGTHS.longest;

function moveToFront(numbers: number[], number: number): void {
  if (numbers[0] === number) return;
  numbers.splice(numbers.indexOf(number), 1);
  numbers.unshift(number);
}
