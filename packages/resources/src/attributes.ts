import type { Attribute } from '@meseta/protocol';
import { algebraOf } from './amounts.ts';
import { ResourceParseError } from './errors.ts';
import { parseValue } from './values.ts';

/**
 * Parses the value of `--attributes`: `rack:r1;zone:a;ports:[1-2]`. Only the first colon of each part is a separator. A
 * key may appear more than once. Spaces around it are dropped, because frameworks would not find a key with spaces.
 *
 * @throws {ResourceParseError}
 * @see Mesos src/common/attributes.cpp
 */
export function parseAttributes(text: string): Attribute[] {
  return text
    .split(/[;\n]+/)
    .filter(token => token.trim() !== '')
    .map(parseAttribute);
}

function parseAttribute(token: string): Attribute {
  const colon = token.indexOf(':');
  const [name, text] = [token.slice(0, Math.max(colon, 0)).trim(), token.slice(colon + 1)];
  if (name === '' || text === '') throw new ResourceParseError(`Invalid attribute key:value pair '${token}'`);
  const value = readValue(name, text);
  if (value.type === 'SET') throw new ResourceParseError(`Bad type for attribute ${name} text ${text} type SET`);
  return { name, ...value };
}

function readValue(name: string, text: string): ReturnType<typeof parseValue> {
  try {
    return parseValue(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new ResourceParseError(`Failed to parse attribute ${name} text ${text} error ${message}`, { cause });
  }
}

/** Formats the value of an attribute: `r1`, `0.5`, `[1-2, 4-4]`. */
function printAttributeValue(attribute: Attribute): string {
  const { type, text } = attribute;
  const algebra = algebraOf(type);
  return algebra ? algebra.print(algebra.read(attribute)) : (text?.value ?? '');
}

/** Formats attributes as `--attributes` takes them: `rack:r1;zone:a;ports:[1-2]`. */
export function printAttributes(attributes: readonly Attribute[]): string {
  return attributes.map(attribute => `${attribute.name}:${printAttributeValue(attribute)}`).join(';');
}

/**
 * Tells whether an attribute keeps all that another one says: it has the same name and type, and the same value; of
 * ranges it may have more.
 *
 * @see Mesos src/slave/compatibility.cpp, additive
 */
export function attributeIncludes(attribute: Attribute, other: Attribute): boolean {
  if (attribute.name !== other.name || attribute.type !== other.type) return false;
  const algebra = attribute.type === 'RANGES' ? algebraOf(attribute.type) : undefined;
  if (algebra) return algebra.contains(algebra.read(attribute), algebra.read(other));
  return printAttributeValue(attribute) === printAttributeValue(other);
}

/** Returns attributes as in the classic JSON views: scalars as numbers, all others as text. */
export function attributesView(attributes: readonly Attribute[] | undefined): Record<string, number | string> {
  const entries = (attributes ?? []).map(attribute => [
    attribute.name,
    attribute.type === 'SCALAR' ? (attribute.scalar?.value ?? 0) : printAttributeValue(attribute),
  ]);
  return Object.fromEntries(entries);
}

/** Tells whether attributes are equal as sets of name, type and value; order and repetitions do not count. */
export function attributesEqual(a: readonly Attribute[], b: readonly Attribute[]): boolean {
  const keys = (attributes: readonly Attribute[]) =>
    new Set(
      attributes.map(attribute => JSON.stringify([attribute.name, attribute.type, printAttributeValue(attribute)])),
    );
  const [left, right] = [keys(a), keys(b)];
  return a.length === b.length && left.size === right.size && left.isSubsetOf(right);
}
