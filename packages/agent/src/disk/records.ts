/**
 * Files of protobuf messages as Mesos writes them: each after its length, 4 bytes in the machine's order (little). They are read when an
 * agent starts, and synchronously, because there are many.
 */
import { truncateSync } from 'node:fs';
import { decode, encode, type MessageType } from '@meseta/protocol';
import { readRegularFileSync } from '@meseta/system/regular-file';

const headLength = 4;

/** Encodes a message with its length in front, to append to a file of records. */
export function encodeLengthPrefixed<T>(type: MessageType<T>, message: T): Buffer {
  const body = encode(type, message);
  // Not from Node.js's pool: posting it to a thread would clone the whole pool.
  const framed = Buffer.allocUnsafeSlow(headLength + body.length);
  framed.writeUInt32LE(body.length);
  body.copy(framed, headLength);
  return framed;
}

/**
 * A file is not complete: the machine went down while it was written, or it was damaged. The message says what is
 * there.
 */
export class IncompleteFileError extends Error {
  override readonly name = 'IncompleteFileError';
  readonly code = 'INCOMPLETE_FILE';
}

/**
 * Reads all messages of a file; none when it does not exist. An incomplete message at the end, or zeros in place of messages, were
 * being written when the machine or the agent stopped: they are cut off, so that appended messages can be read later.
 *
 * @param onDamage receives what is wrong with a complete message; then the file is cut off before it. By default that is thrown.
 * @throws {DecodeError} when a complete message cannot be decoded, and there is no `onDamage`.
 */
export function readLengthPrefixed<T>(type: MessageType<T>, path: string, onDamage?: (error: unknown) => void): T[] {
  const bytes = readIfThere(path);
  if (bytes === undefined) return [];
  const { messages, end, problem } = parseLengthPrefixed(type, bytes);
  if (problem !== undefined) {
    if (!onDamage) throw problem;
    onDamage(problem);
  }
  if (end < bytes.length) truncateSync(path, end);
  return messages;
}

/**
 * Reads all messages of a file that was written as a whole; none when it does not exist.
 *
 * @throws {IncompleteFileError}
 * @throws {DecodeError}
 */
export function readMessages<T>(type: MessageType<T>, path: string): T[] {
  const bytes = readIfThere(path);
  if (bytes === undefined) return [];
  const { messages, end, problem } = parseLengthPrefixed(type, bytes);
  if (problem !== undefined) throw problem;
  if (end < bytes.length) throw new IncompleteFileError(`its last message ends after ${bytes.length} bytes`);
  return messages;
}

interface Parsed<T> {
  readonly messages: T[];
  /** Where the last message that was read ends. */
  readonly end: number;
  /** What is wrong with the complete message there. */
  readonly problem?: unknown;
}

function parseLengthPrefixed<T>(type: MessageType<T>, bytes: Buffer): Parsed<T> {
  const messages: T[] = [];
  let offset = 0;
  while (offset + headLength <= bytes.length) {
    const length = bytes.readUInt32LE(offset);
    const end = offset + headLength + length;
    if (length === 0 || end > bytes.length) break; // no message in such a file is empty
    try {
      messages.push(decode(type, bytes.subarray(offset + headLength, end)));
    } catch (problem) {
      return { messages, end: offset, problem };
    }
    offset = end;
  }
  return { messages, end: offset };
}

/**
 * Reads a file's content; undefined when there is no such file.
 *
 * @throws {NotRegularFileError}
 */
export function readIfThere(path: string): Buffer | undefined {
  try {
    return readRegularFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Reads a file of one message; what follows the message is ignored. The result is undefined when there is no file, or an empty one:
 * the agent ended before it was written.
 *
 * @throws {IncompleteFileError}
 * @throws {DecodeError} when it is complete and cannot be decoded.
 */
export function readMessage<T>(type: MessageType<T>, path: string): T | undefined {
  const bytes = readIfThere(path);
  if (bytes === undefined || bytes.length === 0) return undefined;
  if (bytes.length < headLength) throw new IncompleteFileError(`it ends after ${bytes.length} bytes`);
  const end = headLength + bytes.readUInt32LE(0);
  if (end > bytes.length) throw new IncompleteFileError(`it ends after ${bytes.length} of ${end} bytes`);
  // A message of no bytes is four zeros. More of them are what a file system gives for what it did not write.
  if (bytes.length > headLength && bytes.every(byte => byte === 0)) {
    throw new IncompleteFileError(`it has ${bytes.length} zeros`);
  }
  return decode(type, bytes.subarray(headLength, end));
}
