/** Reads JSON of clients field by field. What is wrong names the field, such as `resources.cpus`, and what is allowed. */
import { suggestion } from '@meseta/flags';
import { excerpt } from '@meseta/protocol';

/** A field of a client's JSON that is missing or has a value that it cannot have. */
export class FieldError extends Error {
  override readonly name = 'FieldError';
  readonly code = 'FIELD_INVALID';
  readonly field: string;

  /** @param problem what follows the name of the field. */
  constructor(field: string, problem: string, options?: { cause: unknown }) {
    super(`'${field}' ${problem}`, options);
    this.field = field;
  }
}

/** Reads a value. @param field its path, for errors. @throws {FieldError} */
export type Read<T> = (value: unknown, field: string) => T;

/** The maximum length of a value that an error quotes. */
const quotedLength = 100;

/** Makes the error of a value that is not allowed. */
export function wrong(field: string, value: unknown, allowed: string): FieldError {
  return new FieldError(field, `is ${excerpt(JSON.stringify(value) ?? 'nothing', quotedLength)}; allowed: ${allowed}`);
}

/** Reads a text that is not empty. */
export const text: Read<string> = (value, field) => {
  if (typeof value === 'string' && value !== '') return value;
  throw wrong(field, value, 'a text that is not empty');
};

/** Reads a text, perhaps an empty one. */
export const anyText: Read<string> = (value, field) => {
  if (typeof value === 'string') return value;
  throw wrong(field, value, 'a text');
};

/** Reads true or false. */
export const flag: Read<boolean> = (value, field) => {
  if (typeof value === 'boolean') return value;
  throw wrong(field, value, 'true or false');
};

/** Reads a number from `least` to `most`. */
export function number({ least = 0, most = Number.MAX_SAFE_INTEGER, whole = false } = {}): Read<number> {
  const kind = whole ? 'a whole number' : 'a number';
  const allowed =
    most === Number.MAX_SAFE_INTEGER ? `${kind} of at least ${least}` : `${kind} from ${least} to ${most}`;
  return (value, field) => {
    const isOne = typeof value === 'number' && value >= least && value <= most && (!whole || Number.isInteger(value));
    if (isOne) return value;
    throw wrong(field, value, allowed);
  };
}

/** Reads one of these texts. */
export function oneOf<T extends string>(...allowed: readonly T[]): Read<T> {
  return (value, field) => {
    const found = allowed.find(each => each === value);
    if (found !== undefined) return found;
    throw wrong(field, value, allowed.join(', '));
  };
}

/** Reads a list. */
export function listOf<T>(read: Read<T>): Read<T[]> {
  return (value, field) => {
    if (!Array.isArray(value)) throw wrong(field, value, 'a list');
    return value.map((each, index) => read(each, `${field}[${index}]`));
  };
}

/** Reads an object of which the names are the client's. */
export function entriesOf<T>(read: Read<T>): Read<(readonly [name: string, value: T])[]> {
  return (value, field) =>
    Object.entries(objectOf(value, field)).map(([name, each]) => {
      if (name === '') throw new FieldError(field, 'has an empty name');
      return [name, read(each, `${field}.${name}`)];
    });
}

/** The fields of one object. What is null counts as left out. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #path: string;

  /**
   * @param path of the object, '' for the root.
   * @param known the names that it may have.
   * @throws {FieldError} when it is no object, or has another name.
   */
  constructor(value: unknown, path: string, known: readonly string[]) {
    this.#values = objectOf(value, path);
    this.#path = path;
    for (const name of Object.keys(this.#values)) {
      if (known.includes(name)) continue;
      const hint = suggestion(name, known) || `; known are ${known.join(', ')}`;
      throw new FieldError(excerpt(this.path(name), quotedLength), `is not known${hint}`);
    }
  }

  /** Returns the path of a field. */
  path(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }

  has(name: string): boolean {
    return (this.#values[name] ?? undefined) !== undefined;
  }

  /** Reads a field that must be there. @throws {FieldError} */
  need<T>(name: string, read: Read<T>): T {
    if (!this.has(name)) throw new FieldError(this.path(name), 'is missing');
    return read(this.#values[name], this.path(name));
  }

  /** Reads a field that may be left out. @throws {FieldError} */
  optional<T>(name: string, read: Read<T>): T | undefined {
    return this.has(name) ? read(this.#values[name], this.path(name)) : undefined;
  }
}

function objectOf(value: unknown, path: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  if (path === '') throw new FieldError('body', 'is no JSON object');
  throw wrong(path, value, 'a JSON object');
}
