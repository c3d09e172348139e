/** Messages nobody would send by mistake: of the right shape, of nearly the right shape, and of none. */
import type { Field, MessageType } from '@meseta/protocol';
import type { Random } from './random.ts';

const strings = [
  '',
  '.',
  '..',
  '../../../../etc/passwd',
  '/',
  'a/b',
  'a\\b',
  'a\0b',
  'line\r\nInjected: yes',
  '*',
  '%2e%2e%2f',
  '__proto__',
  'constructor',
  'toString',
  '\ud800',
  '\u202e\u0000é',
  'x'.repeat(300),
  'y'.repeat(70_000),
  'slave(1)@127.0.0.1:1',
  'master@127.0.0.1:5050',
  'cpus(*):1;mem:NaN',
  '-1',
  '(a+)+$',
];
const numbers = [
  0,
  -0,
  1,
  -1,
  0.0005,
  1e-320,
  4294967296,
  -(2 ** 31),
  2 ** 53,
  2 ** 63,
  -(2 ** 63),
  2 ** 64,
  1e300,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
];
const base64 = [
  '',
  'AAAA',
  'not base64!',
  Buffer.alloc(16, 7).toString('base64'),
  Buffer.alloc(70_000).toString('base64'),
];

/** Makes values by the fields of message types. */
export class HostileValues {
  readonly #random: Random;
  /** Taken for a quarter of all texts: ids that exist. */
  readonly #known: readonly string[];

  constructor(random: Random, known: readonly string[] = []) {
    this.#random = random;
    this.#known = known;
  }

  /** JSON text of a message; `fixed` fields are as given. */
  json(type: MessageType<unknown>, fixed: Readonly<Record<string, unknown>> = {}): string {
    const text = this.stringify({ ...this.message(type, 0), ...fixed });
    return this.#random.below(20) === 0 ? text.slice(0, this.#random.below(text.length)) : text;
  }

  /** Fields by name, some missing, some wrong. */
  message(type: MessageType<unknown>, depth: number): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    for (const field of type.fields) {
      const share = field.label === 'required' ? 0.95 : depth === 0 ? 0.4 : 0.5 / (depth + 1);
      if (this.#random.next() < share) result[field.name] = this.#field(field, depth);
    }
    return result;
  }

  #field(field: Field, depth: number): unknown {
    const random = this.#random;
    if (random.below(40) === 0) return random.pick([null, [], {}, [[[]]], 'text', Number.POSITIVE_INFINITY, true]);
    if (field.label === 'map') return { [this.text()]: this.#value(field, depth) };
    if (field.label !== 'repeated') return this.#value(field, depth);
    const length = random.below(60) === 0 && depth > 0 && field.kind !== 'message' ? 20_000 : random.below(4);
    const value = this.#value(field, depth);
    const many = length > 10 && String(value).length < 1000;
    return Array.from({ length: many ? length : length % 10 }, () => (many ? value : this.#value(field, depth)));
  }

  #value({ kind, message, enumeration }: Field, depth: number): unknown {
    const random = this.#random;
    switch (kind) {
      case 'message':
        return depth > 9 || !message ? {} : this.message(message, depth + 1);
      case 'enum':
        return random.below(10) === 0
          ? random.pick(['NOT_A_NAME', 99, -1, ''])
          : random.pick([...(enumeration?.numberOf.keys() ?? [])]);
      case 'bool':
        return random.below(2) === 0;
      case 'string':
        return this.text();
      case 'bytes':
        return random.pick(base64);
      default:
        return random.pick(numbers);
    }
  }

  /** As JSON.stringify, but for numbers that JSON has no word for: too large ones, and NaN, which is no JSON. */
  stringify(value: unknown): string {
    const text = JSON.stringify(value, (_key, each) =>
      typeof each === 'number' && !Number.isFinite(each) ? `\u0001${each}` : each,
    );
    return text.replace(/"\\u0001(NaN|-?Infinity)"/g, (_, name: string) =>
      name === 'NaN' ? 'NaN' : name.replace('Infinity', '1e999'),
    );
  }

  /** A copy of a good message, with one thing in it replaced, removed or repeated. */
  spoil<T>(good: T): T {
    const places: { holder: Record<string, unknown>; key: string }[] = [];
    const collect = (holder: Record<string, unknown>) => {
      for (const [key, value] of Object.entries(holder)) {
        places.push({ holder, key });
        if (typeof value === 'object' && value !== null) collect(value as Record<string, unknown>);
      }
    };
    const copy = structuredClone(good);
    collect(copy as Record<string, unknown>);
    const { holder, key } = this.#random.pick(places);
    const value = holder[key];
    holder[key] = this.#random.pick([
      () => this.#likeness(value),
      () => this.#likeness(value),
      () => this.#likeness(value),
      () => undefined,
      () => [value, value],
      () => (Array.isArray(value) ? Array.from({ length: 3000 }, () => value[0]) : this.text()),
    ])();
    return copy;
  }

  /** Of the same type. */
  #likeness(value: unknown): unknown {
    if (typeof value === 'number') return this.#random.pick(numbers);
    if (typeof value === 'boolean') return !value;
    if (typeof value === 'string') return this.text();
    return Array.isArray(value) ? [...value, ...value] : {};
  }

  text(): string {
    const known = this.#known.length > 0 && this.#random.below(4) === 0;
    return this.#random.pick(known ? this.#known : strings);
  }

  /** Protobuf of a message, with the same liberties and more: wrong wire types, lengths beyond the end, broken UTF-8. */
  bytes(type: MessageType<unknown>, fixed: Readonly<Record<string, unknown>> = {}): Buffer {
    const bytes = writeMessage(type, { ...this.message(type, 0), ...fixed });
    if (this.#random.below(3) > 0 || bytes.length === 0) return bytes;
    for (let flips = 1 + this.#random.below(4); flips > 0; flips--) {
      bytes[this.#random.below(bytes.length)] = this.#random.below(256);
    }
    return this.#random.below(4) === 0 ? bytes.subarray(0, this.#random.below(bytes.length)) : bytes;
  }
}

/** A writer that refuses nothing. */
function writeMessage(type: MessageType<unknown>, message: Record<string, unknown>): Buffer {
  const parts: Buffer[] = [];
  for (const field of type.fields) {
    const value = message[field.name];
    if (value === undefined || value === null) continue;
    if (field.label === 'map') {
      for (const [key, each] of Object.entries(value)) {
        const entry = Buffer.concat([delimited(1, Buffer.from(key)), writeField({ ...field, number: 2 }, each)]);
        parts.push(delimited(field.number, entry));
      }
    } else for (const each of Array.isArray(value) ? value : [value]) parts.push(writeField(field, each));
  }
  return Buffer.concat(parts);
}

function writeField({ kind, number, message, enumeration }: Field, value: unknown): Buffer {
  switch (kind) {
    case 'message':
      return delimited(number, message ? writeMessage(message, Object(value)) : Buffer.alloc(0));
    case 'string':
      // Every fourth byte order of a lone surrogate is lost in UTF-8: as Latin-1 it stays broken.
      return delimited(number, Buffer.from(String(value), String(value).includes('é') ? 'latin1' : 'utf8'));
    case 'bytes':
      return delimited(number, Buffer.from(String(value), 'base64'));
    case 'double': {
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleLE(Number(value));
      return Buffer.concat([varint((BigInt(number) << 3n) | 1n), bytes]);
    }
    case 'float': {
      const bytes = Buffer.alloc(4);
      bytes.writeFloatLE(Number(value));
      return Buffer.concat([varint((BigInt(number) << 3n) | 5n), bytes]);
    }
    case 'enum':
      return Buffer.concat([
        varint(BigInt(number) << 3n),
        varint(BigInt(enumeration?.numberOf.get(String(value)) ?? 12345)),
      ]);
    default:
      return Buffer.concat([varint(BigInt(number) << 3n), varint(toInteger(value))]);
  }
}

function toInteger(value: unknown): bigint {
  const number = Number(value);
  return Number.isFinite(number) ? BigInt(Math.trunc(number)) : 2n ** 63n;
}

function delimited(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint((BigInt(number) << 3n) | 2n), varint(BigInt(bytes.length)), bytes]);
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}
