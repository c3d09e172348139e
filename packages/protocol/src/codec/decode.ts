import { DecodeError } from './errors.ts';
import { BYTES, FIXED32, FIXED64, Reader, VARINT } from './reader.ts';
import { repeatedMessage } from './repeated-messages.ts';
import type { Field, MessageType } from './schema.ts';

/** The maximum depth of nested messages, as in protobuf. */
const maximumDepth = 100;

type Message = Record<string, unknown>;

/**
 * Reads a message from protobuf. Unknown fields and unknown enum values are left out.
 *
 * @throws {DecodeError} when the bytes are malformed or a required field is missing.
 */
export function decode<T>(type: MessageType<T>, bytes: Uint8Array): T {
  return read(type, new Reader(bytes), 0) as T;
}

function read(type: MessageType<unknown>, reader: Reader, depth: number): Message {
  if (depth > maximumDepth) throw new DecodeError(`${type.name} is nested deeper than ${maximumDepth} messages`);
  const message: Message = new type.Message();
  const { byNumber } = type;
  while (reader.position < reader.end) {
    const tag = reader.varint32();
    const field = byNumber[tag >>> 3];
    if (field === undefined) reader.skip(tag & 7);
    else if (field.label === 'repeated') readList(message, field, tag, reader, depth);
    else readField(message, field, tag & 7, reader, depth);
  }
  for (const field of type.required) if (message[field.name] === undefined) throw incomplete(type, message);
  return message;
}

function incomplete(type: MessageType<unknown>, message: Message): DecodeError {
  const missing = type.required.filter(field => message[field.name] === undefined);
  return new DecodeError(`Missing required fields of ${type.name}: ${missing.map(field => field.name).join(', ')}`);
}

function readField(message: Message, field: Field, wireType: number, reader: Reader, depth: number): void {
  if (field.label === 'map') {
    message[field.name] = { ...(message[field.name] as object | undefined), ...readEntry(field, reader, depth) };
  } else if (wireType !== wireTypeOf(field)) {
    reader.skip(wireType);
  } else {
    const value = readValue(field, reader, depth);
    if (value !== undefined) message[field.name] = value;
  }
}

/** Reads the values of a repeated field that follow one another, normally all of them. */
function readList(message: Message, field: Field, tag: number, reader: Reader, depth: number): void {
  const before = message[field.name] as unknown[] | undefined;
  const list = before ?? [];
  do {
    if ((tag & 7) === BYTES && wireTypeOf(field) !== BYTES) readPacked(list, field, reader);
    else readInto(list, field, tag & 7, reader, depth);
  } while (reader.skipTag(tag));
  // A list that was grown has space for 17 values or more, but most lists have one or two values and live as long as a
  // task.
  if (list.length > 0) message[field.name] = before ?? list.slice();
}

function readInto(list: unknown[], field: Field, wireType: number, reader: Reader, depth: number): void {
  if (wireType !== wireTypeOf(field)) return reader.skip(wireType);
  const value = readValue(field, reader, depth);
  if (value !== undefined) list.push(value);
}

function readPacked(list: unknown[], field: Field, reader: Reader): void {
  const outer = enter(reader);
  while (reader.position < reader.end) readInto(list, field, wireTypeOf(field), reader, 0);
  reader.end = outer;
}

function readEntry(field: Field, reader: Reader, depth: number): Message {
  const outer = enter(reader);
  let key = '';
  let value: unknown;
  while (reader.position < reader.end) {
    const tag = reader.varint32();
    if (tag >>> 3 === 1 && (tag & 7) === BYTES) key = reader.string();
    else if (tag >>> 3 === 2 && (tag & 7) === wireTypeOf(field)) value = readValue(field, reader, depth);
    else reader.skip(tag & 7);
  }
  reader.end = outer;
  value ??= field.kind === 'message' ? {} : field.kind === 'string' ? '' : 0;
  return Object.fromEntries([[key, value]]);
}

function readValue(field: Field, reader: Reader, depth: number): unknown {
  switch (field.kind) {
    case 'message': {
      const type = field.message as MessageType<unknown>;
      const outer = enter(reader);
      const message = type.isRepeated ? repeatedMessage(type, reader, depth + 1, read) : read(type, reader, depth + 1);
      reader.end = outer;
      return message;
    }
    case 'string':
      return reader.string();
    case 'bytes':
      return reader.base64();
    case 'enum':
      return field.enumeration?.nameOf.get(reader.varint32());
    case 'bool':
      return reader.varint64(false) !== 0;
    case 'double':
      return reader.double();
    case 'float':
      return reader.float();
    case 'int32':
      return reader.varint32();
    case 'uint32':
      return reader.varint32() >>> 0;
    case 'int64':
      return reader.varint64(true);
    case 'uint64':
      return reader.varint64(false);
    default:
      throw new TypeError(`unhandled kind ${field.kind satisfies never}`);
  }
}

/** Limits the reader to the next length-delimited value. @returns the previous end, to be restored. */
function enter(reader: Reader): number {
  const length = reader.varint32() >>> 0;
  const outer = reader.end;
  if (length > outer - reader.position) throw new DecodeError('Truncated message');
  reader.end = reader.position + length;
  return outer;
}

/** Returns the wire type of one value of the field. */
export function wireTypeOf(field: Field): number {
  switch (field.kind) {
    case 'message':
    case 'string':
    case 'bytes':
      return BYTES;
    case 'double':
      return FIXED64;
    case 'float':
      return FIXED32;
    default:
      return VARINT;
  }
}
