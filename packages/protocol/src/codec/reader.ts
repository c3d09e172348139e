import { type Bytes, base64At, doubleAt, fastBytes, floatAt, textAt } from '#bytes';
import { DecodeError } from './errors.ts';
import { LONGEST, repeatedString } from './repeated-strings.ts';

/** Wire type 0 of protobuf: a variable-length integer. */
export const VARINT = 0;
/** Wire type 1 of protobuf: 8 bytes. */
export const FIXED64 = 1;
/** Wire type 2 of protobuf: a length, then that many bytes. */
export const BYTES = 2;
/** Wire type 3 of protobuf: the start of a group. */
export const GROUP_START = 3;
/** Wire type 4 of protobuf: the end of a group. */
export const GROUP_END = 4;
/** Wire type 5 of protobuf: 4 bytes. */
export const FIXED32 = 5;

const TWO_32 = 4294967296;

/** Reads protobuf's primitives from `bytes`, never past `end`. */
export class Reader {
  readonly bytes: Bytes;
  position: number;
  end: number;

  constructor(bytes: Uint8Array) {
    this.bytes = fastBytes(bytes);
    this.position = 0;
    this.end = this.bytes.length;
  }

  #byte(): number {
    if (this.position >= this.end) throw new DecodeError('Truncated message');
    return this.bytes[this.position++] as number;
  }

  /** Reads the low 32 bits of a varint; higher ones are dropped, as protobuf does for 32-bit fields. */
  varint32(): number {
    let byte = this.#byte();
    let value = byte & 0x7f;
    for (let shift = 7; byte & 0x80; shift += 7) {
      if (shift > 63) throw new DecodeError('Malformed varint');
      byte = this.#byte();
      if (shift < 32) value |= (byte & 0x7f) << shift;
    }
    return value;
  }

  /** Skips the next tag if it equals `tag`, which must fit in one byte. @returns true when it was skipped. */
  skipTag(tag: number): boolean {
    if (this.position >= this.end || this.bytes[this.position] !== tag || tag > 127) return false;
    this.position++;
    return true;
  }

  /** Reads a 64-bit varint as a number; beyond 2^53, the nearest number. */
  varint64(signed: boolean): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; ; shift += 7) {
      if (shift > 63) throw new DecodeError('Malformed varint');
      const byte = this.#byte();
      if (shift < 28) low |= (byte & 0x7f) << shift;
      else if (shift === 28) {
        low |= (byte & 0x0f) << 28;
        high = (byte & 0x7f) >> 4;
      } else high |= (byte & 0x7f) << (shift - 32);
      if (!(byte & 0x80)) break;
    }
    return (signed ? high | 0 : high >>> 0) * TWO_32 + (low >>> 0);
  }

  double(): number {
    return doubleAt(this.bytes, this.#advance(8));
  }

  float(): number {
    return floatAt(this.bytes, this.#advance(4));
  }

  /** Reads a string. Bytes that are not UTF-8 become U+FFFD. */
  string(): string {
    const length = this.varint32() >>> 0;
    const start = this.#advance(length);
    const end = start + length;
    return length > LONGEST ? textAt(this.bytes, start, end) : repeatedString(this.bytes, start, end);
  }

  base64(): string {
    const length = this.varint32() >>> 0;
    const start = this.#advance(length);
    return base64At(this.bytes, start, start + length);
  }

  skip(wireType: number, depth = 0): void {
    if (wireType === VARINT) this.varint64(false);
    else if (wireType === FIXED64) this.#advance(8);
    else if (wireType === BYTES) this.#advance(this.varint32() >>> 0);
    else if (wireType === FIXED32) this.#advance(4);
    else if (wireType === GROUP_START && depth < 100) this.#skipGroup(depth);
    else throw new DecodeError(`Malformed message: wire type ${wireType}`);
  }

  #skipGroup(depth: number): void {
    for (;;) {
      const tag = this.varint32();
      if ((tag & 7) === GROUP_END) return;
      this.skip(tag & 7, depth + 1);
    }
  }

  /** Advances by `length` bytes. @returns the position before. */
  #advance(length: number): number {
    const start = this.position;
    if (length > this.end - start) throw new DecodeError('Truncated message');
    this.position = start + length;
    return start;
  }
}
