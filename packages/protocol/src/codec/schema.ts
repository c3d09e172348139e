/**
 * Describes message types to the codecs. Creating a type is cheap: its fields are read from the generated tables when
 * it is first used, since a process uses few of the five hundred messages.
 */
import { enumTables, messageTables } from './gen/schema.ts';
import { isRepeated } from './repeated-messages.ts';

/** The scalar types of protobuf that the schema uses. */
export type Scalar = 'string' | 'bytes' | 'bool' | 'double' | 'float' | 'int32' | 'int64' | 'uint32' | 'uint64';
/** How often a field may occur; `map` is a repeated field with string keys. */
export type Label = 'required' | 'optional' | 'repeated' | 'map';

/** One field of a message. For maps `kind`, `message` and `enumeration` describe the value; keys are strings. */
export interface Field {
  readonly name: string;
  readonly number: number;
  readonly label: Label;
  readonly kind: Scalar | 'message' | 'enum';
  /** Set when `kind` is `message`. */
  readonly message: MessageType<unknown> | undefined;
  /** Set when `kind` is `enum`. */
  readonly enumeration: EnumType | undefined;
  /** The default value of proto2, except for deprecated fields. It is never stored in messages. */
  readonly fallback: string | number | boolean | undefined;
}

/** The names and numbers of an enum. */
export interface EnumType {
  readonly numberOf: ReadonlyMap<string, number>;
  readonly nameOf: ReadonlyMap<number, string>;
}

/** Describes messages of type `T` to `encode`, `decode` and `fromJson`. */
export interface MessageType<T> {
  /** The full protobuf name, `mesos.v1.TaskStatus`. */
  readonly fullName: string;
  /** The last part of the full name, `TaskStatus`. */
  readonly name: string;
  readonly fields: readonly Field[];
  readonly byNumber: readonly (Field | undefined)[];
  readonly byName: ReadonlyMap<string, Field>;
  readonly required: readonly Field[];
  /** Whether equal messages within others are read as one and the same. */
  readonly isRepeated: boolean;
  /**
   * Creates an empty message, a plain object. Each type has its own constructor, from which V8 learns how many fields
   * its messages have: then they are stored in the object itself and do not move when it grows.
   */
  readonly Message: new () => Record<string, unknown>;
  /** Never set; it only carries the type `T`. */
  readonly example?: T;
}

const labels: Record<string, Label> = { '!': 'required', '?': 'optional', '*': 'repeated', '%': 'map' };
const types = new Map<string, Type>();
const enums = new Map<string, EnumType>();

class Type implements MessageType<unknown> {
  readonly fullName: string;
  readonly isRepeated: boolean;
  readonly Message = messageConstructor();
  #fields: Field[] | undefined;
  #byNumber: (Field | undefined)[] | undefined;
  #byName: Map<string, Field> | undefined;
  #required: Field[] | undefined;

  constructor(fullName: string) {
    this.fullName = fullName;
    this.isRepeated = isRepeated(fullName);
  }

  get name(): string {
    return this.fullName.slice(this.fullName.lastIndexOf('.') + 1);
  }

  get fields(): readonly Field[] {
    this.#fields ??= readTable(messageTables, this.fullName).map(parseField);
    return this.#fields;
  }

  get byNumber(): readonly (Field | undefined)[] {
    if (this.#byNumber === undefined) {
      this.#byNumber = [];
      for (const field of this.fields) this.#byNumber[field.number] = field;
    }
    return this.#byNumber;
  }

  get byName(): ReadonlyMap<string, Field> {
    this.#byName ??= new Map(this.fields.map(field => [field.name, field]));
    return this.#byName;
  }

  get required(): readonly Field[] {
    this.#required ??= this.fields.filter(field => field.label === 'required');
    return this.#required;
  }
}

function messageConstructor(): new () => Record<string, unknown> {
  function Message() {}
  Message.prototype = Object.prototype;
  return Message as unknown as new () => Record<string, unknown>;
}

function readTable(tables: Readonly<Record<string, string>>, fullName: string): string[] {
  const table = tables[fullName];
  if (table === undefined) throw new TypeError(`No table of ${fullName}`);
  return table === '' ? [] : table.split('\n');
}

function parseField(line: string): Field {
  const [number = '', label = '', name = '', type = '', fallback] = line.split(' ');
  const named = type.slice(2);
  // Every field has every property, because reading objects of one shape is faster.
  return {
    name,
    number: Number(number),
    label: labels[label] ?? 'optional',
    kind: type.startsWith('m:') ? 'message' : type.startsWith('e:') ? 'enum' : (type as Scalar),
    message: type.startsWith('m:') ? lookup(named) : undefined,
    enumeration: type.startsWith('e:') ? enumType(named) : undefined,
    fallback: fallback === undefined ? undefined : parseFallback(type, fallback),
  };
}

function parseFallback(type: string, text: string): string | number | boolean {
  if (type === 'bool') return text === 'true';
  return type === 'string' || type.startsWith('e:') ? text : Number(text);
}

function enumType(fullName: string): EnumType {
  const known = enums.get(fullName);
  if (known) return known;
  const numberOf = new Map<string, number>();
  const nameOf = new Map<number, string>();
  for (const line of readTable(enumTables, fullName)) {
    const [number = '', name = ''] = line.split(' ');
    numberOf.set(name, Number(number));
    if (!nameOf.has(Number(number))) nameOf.set(Number(number), name);
  }
  const type = { numberOf, nameOf };
  enums.set(fullName, type);
  return type;
}

function lookup(fullName: string): Type {
  const known = types.get(fullName);
  if (known) return known;
  const type = new Type(fullName);
  types.set(fullName, type);
  return type;
}

/** Returns the type of a message by its full name; used by the generated `messages.ts`. */
export function messageType<T>(fullName: string): MessageType<T> {
  return lookup(fullName) as MessageType<T>;
}
