import { type Bytes, copyTo, fastBytes } from '#bytes';
import type { Reader } from './reader.ts';

/** Larger messages are rarely repeated, and comparing them costs more than reading them. */
const LONGEST = 96;
const slots = 512;

/** The types whose messages are the same in many tasks: what a task uses, and where it belongs. */
const repeated = new Set(['Resource', 'AgentID', 'FrameworkID', 'ExecutorID'].map(name => `mesos.v1.${name}`));

/** Tells whether messages of a type are worth to be shared. */
export function isRepeated(fullName: string): boolean {
  return repeated.has(fullName);
}

interface Slot {
  /** Of the message that was read last. */
  hash: number;
  type: object | undefined;
  /** When the one that was read last had been read before. */
  message: object | undefined;
  /** The number of bytes of that message. */
  length: number;
  /** Its bytes, of which there may be more. A part of one buffer: a small one would keep all of Node.js's pool that it is in. */
  readonly bytes: Bytes;
}

const allBytes = fastBytes(new Uint8Array(slots * LONGEST));

/** By hash. Messages stay until another takes their place. */
const messages: Slot[] = Array.from({ length: slots }, (_, index) => ({
  hash: 0,
  type: undefined,
  message: undefined,
  length: 0,
  bytes: allBytes.subarray(index * LONGEST, (index + 1) * LONGEST),
}));

/**
 * Reads a message, as the one that was read before when its bytes are equal: a master with a hundred thousand tasks would
 * keep a copy of the same few ids and resources for each of them otherwise. Messages that came twice are frozen, as they
 * belong to many.
 *
 * @param type tells messages with the same bytes apart.
 * @param reader is at the message, and its end is that of the message.
 * @param read reads the message from its bytes.
 */
export function repeatedMessage<Type extends object, T extends object>(
  type: Type,
  reader: Reader,
  depth: number,
  read: (type: Type, reader: Reader, depth: number) => T,
): T {
  const { bytes, position: start, end } = reader;
  if (end - start > LONGEST) return read(type, reader, depth);
  let hash = end - start;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
  const slot = messages[(hash ^ (hash >>> 9)) & (slots - 1)] as Slot;
  if (slot.hash !== hash || slot.type !== type) {
    slot.hash = hash;
    slot.type = type;
    slot.message = undefined;
    return read(type, reader, depth);
  }
  if (slot.message !== undefined && isSame(slot, bytes, start, end)) {
    reader.position = end;
    return slot.message as T;
  }
  const message = read(type, reader, depth);
  slot.length = copyTo(slot.bytes, bytes, start, end);
  slot.message = freeze(message);
  return message;
}

function isSame({ bytes: known, length }: Slot, bytes: Bytes, start: number, end: number): boolean {
  if (length !== end - start) return false;
  for (let at = start; at < end; at++) if (known[at - start] !== bytes[at]) return false;
  return true;
}

function freeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) freeze(inner);
  return Object.freeze(value);
}
