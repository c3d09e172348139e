/** Files of protobuf messages as Mesos writes them: each after its length, 4 bytes in the machine's order (little). */
import { truncate } from 'node:fs/promises';
import { decode, encode, type MessageType } from '@meseta/protocol';
import { readRegularFile } from '@meseta/system/regular-file';

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
 * Reads all messages of a file; none when it does not exist. An incomplete message at the end was being written when
 * the machine or the agent stopped: it is cut off, so that appended messages can be read later.
 *
 * @throws {DecodeError} when a complete message cannot be decoded.
 */
export async function readLengthPrefixed<T>(type: MessageType<T>, path: string): Promise<T[]> {
  const bytes = await readIfThere(path);
  if (bytes === undefined) return [];
  const messages: T[] = [];
  let offset = 0;
  while (offset + headLength <= bytes.length) {
    const end = offset + headLength + bytes.readUInt32LE(offset);
    if (end > bytes.length) break;
    messages.push(decode(type, bytes.subarray(offset + headLength, end)));
    offset = end;
  }
  if (offset < bytes.length) await truncate(path, offset);
  return messages;
}

/** Reads a file's content; undefined when there is no such file. @throws {NotRegularFileError} */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readRegularFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Reads a file of one message. The result is undefined when there is no file, or an empty or torn one: the machine went
 * down while it was written.
 *
 * @throws {DecodeError} when it is complete and cannot be decoded.
 */
export async function readMessage<T>(type: MessageType<T>, path: string): Promise<T | undefined> {
  const bytes = await readIfThere(path);
  if (bytes === undefined || bytes.length < headLength) return undefined;
  const end = headLength + bytes.readUInt32LE(0);
  return end > bytes.length ? undefined : decode(type, bytes.subarray(headLength, end));
}
