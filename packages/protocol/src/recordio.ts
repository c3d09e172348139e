/**
 * RecordIO, the framing of HTTP streams: the length of a record in decimal, a line feed, the record.
 *
 * @see stout/recordio.hpp
 */
import { DecodeError } from './codec/errors.ts';

/** Longest length line: digits of 2^53. */
const maximumDigits = 16;

/** One record with its length in front. */
export function encodeRecord(record: Uint8Array | string): Buffer {
  const length = typeof record === 'string' ? Buffer.byteLength(record) : record.length;
  const head = `${length}\n`;
  const framed = Buffer.allocUnsafe(head.length + length);
  framed.write(head, 'latin1');
  if (typeof record === 'string') framed.write(record, head.length, 'utf8');
  else framed.set(record, head.length);
  return framed;
}

/** Takes the pieces of a stream as they come and gives back the records that are complete. */
export class RecordDecoder {
  readonly #maximumLength: number;
  #pieces: Buffer[] = [];
  #buffered = 0;
  /** Length of the record being collected, once its line has been read. */
  #expected: number | undefined;

  /** @param maximumLength of a record in bytes; a longer one is an error, so that a peer cannot exhaust memory. */
  constructor(maximumLength = 64 * 1024 * 1024) {
    this.#maximumLength = maximumLength;
  }

  /** @throws {DecodeError} when a length is not a number or is over the limit; the stream is unusable then. */
  push(piece: Buffer): Buffer[] {
    this.#pieces.push(piece);
    this.#buffered += piece.length;
    const records: Buffer[] = [];
    for (let record = this.#next(); record !== undefined; record = this.#next()) records.push(record);
    return records;
  }

  /** True between records: a stream that ends elsewhere was cut. */
  get idle(): boolean {
    return this.#buffered === 0 && this.#expected === undefined;
  }

  #next(): Buffer | undefined {
    this.#expected ??= this.#readLength();
    if (this.#expected === undefined || this.#buffered < this.#expected) return undefined;
    const record = this.#take(this.#expected);
    this.#expected = undefined;
    return record;
  }

  #readLength(): number | undefined {
    if (this.#buffered === 0) return undefined;
    const all = this.#join();
    const end = all.subarray(0, maximumDigits + 1).indexOf(10);
    if (end < 0 && all.length <= maximumDigits) return undefined;
    const digits = all.toString('latin1', 0, Math.max(end, 0));
    if (!/^\d+$/.test(digits)) throw new DecodeError('Failed to decode length of record');
    const length = Number(digits);
    if (length > this.#maximumLength) throw new DecodeError(`A record of ${length} bytes is over the limit`);
    this.#take(end + 1);
    return length;
  }

  #join(): Buffer {
    const all = this.#pieces.length === 1 ? (this.#pieces[0] as Buffer) : Buffer.concat(this.#pieces);
    this.#pieces = [all];
    return all;
  }

  #take(length: number): Buffer {
    const all = this.#join();
    this.#pieces = all.length === length ? [] : [all.subarray(length)];
    this.#buffered -= length;
    return all.subarray(0, length);
  }
}
