/**
 * JSON to messages by the rules of Mesos (stout's `protobuf::parse`): the root is an object, unknown keys are ignored,
 * `null` is unset, quoted numbers and booleans are taken, a lone object is a list of one, and an unknown name of an
 * enum leaves an optional field unset.
 */
import { DecodeError } from './errors.ts';
import type { Field, MessageType, Scalar } from './schema.ts';

const maximumDepth = 100;

type Message = Record<string, unknown>;

/**
 * Reads a message from parsed JSON. The result shares nothing with `value` and has only known fields.
 *
 * @throws {DecodeError} naming the field: a value of the wrong type, a number that is not finite or does not fit, or
 * a missing required field.
 */
export function fromJson<T>(type: MessageType<T>, value: unknown): T {
  if (!isObject(value)) throw new DecodeError('Expecting a JSON object');
  return readMessage(type, value, 0) as T;
}

function isObject(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readMessage(type: MessageType<unknown>, value: Message, depth: number): Message {
  if (depth > maximumDepth) throw new DecodeError(`${type.name} is nested deeper than ${maximumDepth} messages`);
  const message: Message = {};
  for (const key of Object.keys(value)) {
    const field = type.byName.get(key);
    const given = value[key];
    if (field === undefined || given === null || given === undefined) continue;
    const read = readField(field, given, depth);
    if (read !== undefined) message[key] = read;
  }
  for (const field of type.required) {
    if (message[field.name] === undefined) throw new DecodeError(`Missing required fields: ${field.name}`);
  }
  return message;
}

function readField(field: Field, value: unknown, depth: number): unknown {
  if (field.label === 'map') {
    if (!isObject(value)) throw unexpected(field, value);
    const entries = Object.entries(value).map(([key, element]) => [key, readValue(field, element, depth)] as const);
    return Object.fromEntries(entries.filter(([, element]) => element !== undefined));
  }
  if (field.label === 'repeated') {
    const list = Array.isArray(value) ? value : [value];
    if (!Array.isArray(value) && field.kind !== 'message') throw unexpected(field, value);
    return list.map((element, index) => readValue(field, element, depth, index)).filter(each => each !== undefined);
  }
  if (Array.isArray(value)) throw unexpected(field, value);
  return readValue(field, value, depth);
}

function readValue(field: Field, value: unknown, depth: number, index?: number): unknown {
  switch (field.kind) {
    case 'message':
      if (!isObject(value)) throw unexpected(field, value);
      return within(field, index, () => readMessage(field.message as MessageType<unknown>, value, depth + 1));
    case 'string':
      if (typeof value !== 'string') throw unexpected(field, value);
      return value.toWellFormed();
    case 'bytes':
      if (typeof value !== 'string') throw unexpected(field, value);
      return readBytes(field, value);
    case 'enum':
      return readEnum(field, value);
    case 'bool':
      if (value === 'true' || value === 'false') return value === 'true';
      if (typeof value !== 'boolean') throw unexpected(field, value);
      return value;
    default:
      return readNumber(field, field.kind, value);
  }
}

/** Puts the field's name before the names of missing fields inside it, so that the whole path is told. */
function within<T>(field: Field, index: number | undefined, body: () => T): T {
  try {
    return body();
  } catch (error) {
    const missing = /^Missing required fields: (.*)$/.exec(error instanceof DecodeError ? error.message : '');
    const place = index === undefined ? field.name : `${field.name}[${index}]`;
    if (missing) throw new DecodeError(`Missing required fields: ${place}.${missing[1]}`);
    throw error;
  }
}

function readEnum(field: Field, value: unknown): string | undefined {
  if (typeof value === 'number') return field.enumeration?.nameOf.get(value);
  if (typeof value !== 'string') throw unexpected(field, value);
  if (field.enumeration?.numberOf.has(value)) return value;
  if (field.label !== 'required') return undefined;
  throw new DecodeError(`Failed to find enum for '${value}'`);
}

function readBytes(field: Field, value: string): string {
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(value)) {
    throw new DecodeError(`Failed to base64 decode bytes field '${field.name}'`);
  }
  return Buffer.from(value, 'base64').toString('base64');
}

const limits: Partial<Record<Scalar, [least: number, most: number]>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  int64: [-(2 ** 63), 2 ** 63],
  uint64: [0, 2 ** 64],
};

function readNumber(field: Field, kind: Scalar, value: unknown): number {
  const quoted = typeof value === 'string' && value.trim() !== '';
  const number = quoted ? Number(value) : value;
  if (typeof number !== 'number' || (quoted && Number.isNaN(number))) throw unexpected(field, value);
  if (!Number.isFinite(number)) throw new DecodeError(`Not a finite number for field '${field.name}'`);
  const limit = limits[kind];
  if (limit === undefined) return number;
  const integer = Math.trunc(number);
  if (integer < limit[0] || integer > limit[1]) {
    throw new DecodeError(`The number ${number} for field '${field.name}' is not in the range of ${kind}`);
  }
  return integer;
}

function unexpected(field: Field, value: unknown): DecodeError {
  const kind = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
  return new DecodeError(`Not expecting a JSON ${kind} for field '${field.name}'`);
}
