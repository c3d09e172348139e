import { wireTypeOf } from './decode.ts';
import { EncodeError } from './errors.ts';
import { BYTES } from './reader.ts';
import type { Field, MessageType } from './schema.ts';
import { Writer } from './writer.ts';

/** Encoding is synchronous and never nested, so the process needs one writer only. */
const writer = new Writer();

/**
 * Writes a message as protobuf, fields in the order of their numbers.
 *
 * @throws {EncodeError} when a required field is missing or a value is not of its field's type.
 */
export function encode<T>(type: MessageType<T>, message: T): Buffer {
  writer.reset();
  write(type, message as Record<string, unknown>);
  return writer.finish();
}

function write(type: MessageType<unknown>, message: Record<string, unknown>): void {
  for (const field of type.fields) {
    const value = message[field.name];
    if (value === undefined || value === null) {
      if (field.label === 'required') throw new EncodeError(`${type.fullName} has no ${field.name}`);
    } else if (field.label === 'repeated') {
      for (const element of value as unknown[]) writeField(field, element);
    } else if (field.label === 'map') {
      for (const [key, element] of Object.entries(value)) writeEntry(field, key, element);
    } else {
      writeField(field, value);
    }
  }
}

function writeField(field: Field, value: unknown): void {
  writer.varint32((field.number << 3) | wireTypeOf(field));
  writeValue(field, value);
}

function writeEntry(field: Field, key: string, value: unknown): void {
  writer.varint32((field.number << 3) | BYTES);
  const start = writer.beginBytes();
  writer.varint32((1 << 3) | BYTES);
  writer.string(key);
  writer.varint32((2 << 3) | wireTypeOf(field));
  writeValue(field, value);
  writer.endBytes(start);
}

function writeValue(field: Field, value: unknown): void {
  switch (field.kind) {
    case 'message': {
      const start = writer.beginBytes();
      write(field.message as MessageType<unknown>, value as Record<string, unknown>);
      return writer.endBytes(start);
    }
    case 'string':
      return writer.string(expect(field, value, 'string'));
    case 'bytes':
      return writer.base64(expect(field, value, 'string'));
    case 'enum':
      return writer.varint64(numberOf(field, value), true);
    case 'bool':
      return writer.varint32(value ? 1 : 0);
    case 'double':
      return writer.double(expect(field, value, 'number'));
    case 'float':
      return writer.float(expect(field, value, 'number'));
    case 'int32':
    case 'int64':
      return writer.varint64(expect(field, value, 'number'), true);
    case 'uint32':
    case 'uint64':
      return writer.varint64(expect(field, value, 'number'), false);
    default:
      throw new TypeError(`unhandled kind ${field.kind satisfies never}`);
  }
}

interface Primitives {
  string: string;
  number: number;
}

function expect<K extends keyof Primitives>(field: Field, value: unknown, kind: K): Primitives[K] {
  if (typeof value !== kind) throw new EncodeError(`${field.name} must be a ${kind}, not ${typeof value}`);
  return value as Primitives[K];
}

function numberOf(field: Field, value: unknown): number {
  const number = field.enumeration?.numberOf.get(value as string);
  if (number === undefined) throw new EncodeError(`${field.name} has no value ${String(value)}`);
  return number;
}
