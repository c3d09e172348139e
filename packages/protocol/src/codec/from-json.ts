/**
 * Converts JSON to messages by the rules of Mesos (stout's `protobuf::parse`): the root is an object, unknown keys are
 * ignored, `null` means unset, quoted numbers and booleans are accepted, a single object counts as a list of one, and
 * an unknown enum name leaves an optional field unset.
 */
import { DecodeError } from './errors.ts';
import type { Field, MessageType, Scalar } from './schema.ts';

const maximumDepth = 100;

type Message = Record<string, unknown>;

/**
 * Reads a message from parsed JSON. The result shares nothing with `value` and has known fields only.
 *
 * @param place the position of the value in the client's data, for errors: `[2]` in a list.
 * @throws {DecodeError} with the path of the field and what it may be: for a value of the wrong type, a number that is
 * not finite or does not fit, an unknown enum name, or a missing required field.
 */
export function fromJson<T>(type: MessageType<T>, value: unknown, place?: string): T {
  if (!isObject(value)) throw new DecodeError(`Expecting a JSON object${place === undefined ? '' : ` at ${place}`}`);
  if (place === undefined) return readMessage(type, value, 0) as T;
  try {
    return readMessage(type, value, 0) as T;
  } catch (error) {
    throw outer(error, () => place);
  }
}

/** An error at a path within the message. */
class FieldError extends DecodeError {
  readonly #place: string;
  readonly #words: (place: string) => string;

  constructor(place: string, words: (place: string) => string) {
    super(words(place));
    this.#place = place;
    this.#words = words;
  }

  /** Returns the same error with the name of the enclosing field in front of its path. */
  within(outer: string): FieldError {
    return new FieldError(`${outer}.${this.#place}`, this.#words);
  }
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
    if (message[field.name] === undefined)
      throw new FieldError(field.name, place => `Missing required fields: ${place}`);
  }
  return message;
}

function readField(field: Field, value: unknown, depth: number): unknown {
  if (field.label === 'map') {
    if (!isObject(value)) throw unexpected(field, value, undefined, 'an object');
    const entries = Object.entries(value).map(
      ([key, element]) => [key, readValue(field, element, depth, key)] as const,
    );
    return Object.fromEntries(entries.filter(([, element]) => element !== undefined));
  }
  if (field.label === 'repeated') {
    const list = Array.isArray(value) ? value : [value];
    if (!Array.isArray(value) && !(field.kind === 'message' && isObject(value))) {
      throw unexpected(field, value, undefined, 'a list');
    }
    return list.map((element, index) => readValue(field, element, depth, index)).filter(each => each !== undefined);
  }
  return readValue(field, value, depth);
}

/** The index of a list's element, or the key of a map's entry. */
type Element = number | string | undefined;

function placeOf({ name }: Field, element: Element): string {
  if (element === undefined) return name;
  return typeof element === 'number' ? `${name}[${element}]` : `${name}.${element}`;
}

function readValue(field: Field, value: unknown, depth: number, element?: Element): unknown {
  switch (field.kind) {
    case 'message':
      if (!isObject(value)) throw unexpected(field, value, element);
      try {
        return readMessage(field.message as MessageType<unknown>, value, depth + 1);
      } catch (error) {
        throw outer(error, () => placeOf(field, element));
      }
    case 'string':
      if (typeof value !== 'string') throw unexpected(field, value, element);
      return value.toWellFormed();
    case 'bytes':
      if (typeof value !== 'string') throw unexpected(field, value, element);
      return readBytes(field, value, element);
    case 'enum':
      return readEnum(field, value, element);
    case 'bool':
      if (value === 'true' || value === 'false') return value === 'true';
      if (typeof value !== 'boolean') throw unexpected(field, value, element);
      return value;
    default:
      return readNumber(field, field.kind, value, element);
  }
}

/** Adds the enclosing field to the path in an error, so that it names the whole path. */
function outer(error: unknown, place: () => string): unknown {
  return error instanceof FieldError ? error.within(place()) : error;
}

function readEnum(field: Field, value: unknown, element: Element): string | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') throw unexpected(field, value, element);
  const known = typeof value === 'number' ? field.enumeration?.nameOf.get(value) : value;
  if (known !== undefined && field.enumeration?.numberOf.has(known)) return known;
  if (field.label !== 'required') return undefined;
  throw new FieldError(
    placeOf(field, element),
    at => `Failed to find enum for '${value}' in field '${at}', which is ${expected(field)}`,
  );
}

function readBytes(field: Field, value: string, element: Element): string {
  const usual = Buffer.from(value, 'base64').toString('base64');
  if (usual === value) return usual; // what it has in place of other characters would be missing
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(value)) {
    throw new FieldError(placeOf(field, element), at => `Failed to base64 decode bytes field '${at}'`);
  }
  return usual;
}

const limits: Partial<Record<Scalar, [least: number, most: number]>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  int64: [-(2 ** 63), 2 ** 63],
  uint64: [0, 2 ** 64],
};

function readNumber(field: Field, kind: Scalar, value: unknown, element: Element): number {
  const quoted = typeof value === 'string' && value.trim() !== '';
  const number = quoted ? Number(value) : value;
  if (typeof number !== 'number' || (quoted && Number.isNaN(number))) throw unexpected(field, value, element);
  if (!Number.isFinite(number)) {
    throw new FieldError(placeOf(field, element), at => `Not a finite number for field '${at}'`);
  }
  const limit = limits[kind];
  if (limit === undefined) return number;
  const integer = Math.trunc(number);
  if (integer < limit[0] || integer > limit[1]) {
    const range = `the range of ${kind}, ${limit[0]} to ${limit[1]}`;
    throw new FieldError(placeOf(field, element), at => `The number ${number} for field '${at}' is not in ${range}`);
  }
  return integer;
}

function unexpected(field: Field, value: unknown, element: Element, wanted = expected(field)): FieldError {
  const kind = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
  return new FieldError(
    placeOf(field, element),
    at => `Not expecting a JSON ${kind} for field '${at}', which is ${wanted}`,
  );
}

/** The maximum number of an enum's names that an error lists. */
const namesListed = 16;

function expected({ kind, enumeration }: Field): string {
  switch (kind) {
    case 'message':
      return 'an object';
    case 'string':
      return 'a string';
    case 'bytes':
      return 'a string in base64';
    case 'bool':
      return 'true or false';
    case 'enum': {
      const names = [...(enumeration?.numberOf.keys() ?? [])];
      return `one of ${names.slice(0, namesListed).join(', ')}${names.length > namesListed ? ', …' : ''}`;
    }
    default:
      return 'a number';
  }
}
