/**
 * Encodes and decodes RecordIO, the framing of HTTP streams: the length of a record in decimal, a line feed, the
 * record.
 *
 * @see Mesos 3rdparty/stout/include/stout/recordio.hpp
 */
import { DecodeError } from './codec/errors.ts';

/** The maximum number of digits of a length: those of 2^53. */
const maximumDigits = 16;

/** Encodes one record with its length in front. */
export function encodeRecord(record: Uint8Array | string): Buffer {
  const length = typeof record === 'string' ? Buffer.byteLength(record) : record.length;
  const head = `${length}\n`;
  const framed = Buffer.allocUnsafe(head.length + length);
  framed.write(head, 'latin1');
  if (typeof record === 'string') framed.write(record, head.length, 'utf8');
  else framed.set(record, head.length);
  return framed;
}

/** Decodes a stream piece by piece, and returns the records that are complete. */
export class RecordDecoder {
  readonly #maximumLength: number;
  #pieces: Buffer[] = [];
  #buffered = 0;
  /** The length of the current record, when its line has been read. */
  #expected: number | undefined;

  /** @param maximumLength of a record in bytes. A longer one is an error, so that a peer cannot exhaust memory. */
  constructor(maximumLength = 64 * 1024 * 1024) {
    this.#maximumLength = maximumLength;
  }

  /**
   * Adds a piece of the stream.
   *
   * @returns the records that it completes.
   * @throws {DecodeError} when a length is not a number or exceeds the limit; the stream cannot be used afterwards.
   */
  push(piece: Buffer): Buffer[] {
    this.#pieces.push(piece);
    this.#buffered += piece.length;
    const records: Buffer[] = [];
    for (let record = this.#next(); record !== undefined; record = this.#next()) records.push(record);
    return records;
  }

  /** True between records: a stream that ends elsewhere is incomplete. */
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
