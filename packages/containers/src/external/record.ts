/**
 * The framing of messages on the standard input and output of an external containerizer's program: one record, its
 * length in 4 bytes of the machine's byte order, then the bytes of a protobuf message.
 *
 * @see Mesos 3rdparty/libprocess/3rdparty/stout/include/stout/protobuf.hpp, write and read
 */
import { endianness } from 'node:os';
import { type DecodeError, decode, encode, type MessageType } from '@meseta/protocol';

const headLength = 4;
const isLittle = endianness() === 'LE';

/** The longest answer of a program, in bytes. Longer ones are taken for text that was printed by mistake. */
export const longestAnswer = 4 * 1024 * 1024;

/** Encodes a message as a record. */
export function encodeRecord<T>(type: MessageType<T>, message: T): Buffer {
  const body = encode(type, message);
  const record = Buffer.alloc(headLength + body.length);
  if (isLittle) record.writeUInt32LE(body.length);
  else record.writeUInt32BE(body.length);
  record.set(body, headLength);
  return record;
}

/** Takes a program's output until its record is complete. What follows the record is ignored, as in Mesos. */
export class RecordReader {
  #bytes: Buffer = Buffer.alloc(0);

  /** The length that the record announces; undefined before it is known. */
  get #length(): number | undefined {
    if (this.#bytes.length < headLength) return undefined;
    return isLittle ? this.#bytes.readUInt32LE() : this.#bytes.readUInt32BE();
  }

  /** The record is complete, or it can never be because it is too long. */
  get isOver(): boolean {
    const length = this.#length;
    return length !== undefined && (length > longestAnswer || this.#bytes.length >= headLength + length);
  }

  add(chunk: Buffer): void {
    if (!this.isOver) this.#bytes = Buffer.concat([this.#bytes, chunk]);
  }

  /** Returns the message, or the problem with it, as the end of the sentence "its answer …". */
  read<T>(type: MessageType<T>): { readonly message: T } | { readonly problem: string } {
    const length = this.#length;
    const received = this.#bytes.length;
    if (length === undefined) {
      if (received === 0) return { problem: `is missing: expected a ${type.name} message after its length in 4 bytes` };
      return { problem: `ends within its length: expected 4 bytes, got ${received} ${this.#shown()}` };
    }
    if (length > longestAnswer) {
      return {
        problem: `would have ${length} bytes, but at most ${longestAnswer} are read: it begins ${this.#shown()}`,
      };
    }
    if (received < headLength + length) {
      return { problem: `is cut off: it announces ${length} bytes, but has ${received - headLength}` };
    }
    try {
      return { message: decode(type, this.#bytes.subarray(headLength, headLength + length)) };
    } catch (error) {
      return { problem: `is no ${type.name} message: ${(error as DecodeError).message}` };
    }
  }

  /** The first bytes, as text for an error message. */
  #shown(): string {
    return JSON.stringify(this.#bytes.subarray(0, 40).toString('latin1'));
  }
}
