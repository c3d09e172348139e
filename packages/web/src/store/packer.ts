/**
 * Packs messages that resemble each other: what a message has in common with a sample, or with itself further up, is a reference.
 * The tasks of a framework are the same but for their ids, times and addresses, so little of each is left.
 *
 * A packed message is its length and then runs of bytes, in order. A run begins with a number, which is twice its length: its bytes
 * follow. Or that and one more: where it begins follows, in the sample with the message behind it. All numbers are varints.
 */
import { Varints, writeVarint } from './varints.ts';

/** What is as long as this in two places is worth a reference, which takes three or four bytes in most cases. */
const SHORTEST = 6;
/** The longest message, and sample, in bytes. Longer ones are rare, and would keep a worker busy for long. */
export const LONGEST = 16 * 1024;
/** How many places of four bytes are remembered, as a power of two. */
const PLACES_BITS = 10;
const HIGHEST_BASE = 2 ** 31;

/** Packs and unpacks. What it returns is valid until the next call. */
export class Packer {
  #sample: Uint8Array = new Uint8Array();
  /** Where four bytes are in the sample, by their hash, plus one. */
  readonly #inSample = new Uint16Array(1 << PLACES_BITS);
  /** Where four bytes are in the message, plus `#base`. What is less is of an earlier message. */
  readonly #inMessage = new Uint32Array(1 << PLACES_BITS);
  #base = 1;
  /** Of a byte that is like none in the sample, and as many as make a reference behind it, ten may become of seven. */
  readonly #packed = new Uint8Array(2 * LONGEST);
  #end = 0;
  readonly #unpacked = new Uint8Array(LONGEST);

  /** Packs a message of {@link LONGEST} bytes at most. The same sample is needed to unpack it; an empty one is none. */
  pack(bytes: Uint8Array, sample: Uint8Array): Uint8Array {
    const { length } = bytes;
    this.#begin(length, sample);
    this.#number(length);
    const [inSample, inMessage, base] = [this.#inSample, this.#inMessage, this.#base];
    /** The first byte that is in no run so far. */
    let open = 0;
    /** What to add to a place in the message for the one in the sample that is as far behind the last reference. */
    let shift = 0;
    const lastStart = length - SHORTEST;
    for (let at = 0; at <= lastStart; ) {
      let from = at + shift;
      let source = sample;
      let common = sample[from] === bytes[at] ? commonLength(sample, from, bytes, at) : 0;
      if (common < SHORTEST) {
        const hash = hashAt(bytes, at);
        from = (inSample[hash] as number) - 1;
        common = from < 0 ? 0 : commonLength(sample, from, bytes, at);
        const earlier = (inMessage[hash] as number) - base;
        const repeated = earlier < 0 ? 0 : commonLength(bytes, earlier, bytes, at);
        inMessage[hash] = base + at;
        if (repeated > common) {
          source = bytes;
          from = earlier;
          common = repeated;
        }
        if (common < SHORTEST) {
          // Within an id that is like no other, few places are worth a look.
          at += 1 + ((at - open) >> 3);
          continue;
        }
      }
      while (at > open && from > 0 && source[from - 1] === bytes[at - 1]) {
        at--;
        from--;
        common++;
      }
      this.#literal(bytes, open, at);
      this.#number(common * 2 + 1);
      this.#number(source === sample ? from : sample.length + from);
      if (source === sample) shift = from - at;
      at += common;
      open = at;
    }
    this.#literal(bytes, open, length);
    this.#base += length;
    return this.#packed.subarray(0, this.#end);
  }

  /** Returns what was packed with a sample. */
  unpack(packed: Uint8Array, sample: Uint8Array): Uint8Array {
    const numbers = new Varints(packed);
    const length = numbers.next();
    const bytes = this.#unpacked;
    for (let at = 0; at < length; ) {
      const run = numbers.next();
      const runEnd = at + Math.floor(run / 2);
      if (run % 2 === 0) for (; at < runEnd; at++) bytes[at] = packed[numbers.at++] as number;
      else {
        let from = numbers.next();
        const source = from < sample.length ? sample : bytes;
        if (source === bytes) from -= sample.length;
        // Byte by byte: a run may go on into what it makes.
        while (at < runEnd) bytes[at++] = source[from++] as number;
      }
    }
    return bytes.subarray(0, length);
  }

  #begin(length: number, sample: Uint8Array): void {
    if (this.#base + length > HIGHEST_BASE) {
      this.#inMessage.fill(0);
      this.#base = 1;
    }
    this.#end = 0;
    if (sample === this.#sample) return;
    this.#sample = sample;
    this.#inSample.fill(0);
    for (let at = sample.length - SHORTEST; at >= 0; at--) this.#inSample[hashAt(sample, at)] = at + 1;
  }

  #literal(bytes: Uint8Array, start: number, end: number): void {
    if (start === end) return;
    this.#number((end - start) * 2);
    for (let at = start; at < end; at++) this.#packed[this.#end++] = bytes[at] as number;
  }

  #number(value: number): void {
    this.#end = writeVarint(this.#packed, this.#end, value);
  }
}

function hashAt(bytes: Uint8Array, at: number): number {
  const word =
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24);
  return Math.imul(word, 2_654_435_761) >>> (32 - PLACES_BITS);
}

/** How many bytes are the same from two places on. Places outside have none. */
function commonLength(source: Uint8Array, from: number, bytes: Uint8Array, at: number): number {
  const limit = Math.min(source.length - from, bytes.length - at);
  let length = 0;
  while (length < limit && source[from + length] === bytes[at + length]) length++;
  return length;
}
