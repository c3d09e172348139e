/** Finds names in the JSON of flags that their message does not have: Mesos ignores them, and so do we, but not silently. */
import type { Field, MessageType } from '@meseta/protocol';
import { slipOf } from './did-you-mean.ts';

/**
 * Looks for names of fields and of enum values that would be ignored.
 *
 * @param value in JSON, which is known to be a message of this type.
 * @param warn receives a sentence for each name that nothing is known of: it may be from another version of Mesos.
 * @param path of the message, '' for the root.
 * @throws {Error} for a name that is nearly a known one: a typing mistake, which would leave a setting out.
 */
export function checkNames(
  type: MessageType<unknown>,
  value: unknown,
  warn: (message: string) => void,
  path = '',
): void {
  for (const [key, child] of Object.entries(value as object)) {
    const place = path === '' ? key : `${path}.${key}`;
    const field = type.byName.get(key);
    if (field === undefined) report(place, key, [...type.byName.keys()], warn);
    else if (child !== null && child !== undefined) checkField(field, child, warn, place);
  }
}

function checkField(field: Field, value: unknown, warn: (message: string) => void, place: string): void {
  const each: unknown[] = Array.isArray(value) || field.label === 'map' ? Object.values(value as object) : [value];
  const known = field.kind === 'enum' ? [...(field.enumeration?.numberOf.keys() ?? [])] : [];
  for (const item of each) {
    if (field.kind === 'message') checkNames(field.message as MessageType<unknown>, item, warn, place);
    else if (field.kind === 'enum' && typeof item === 'string' && !known.includes(item)) {
      report(`${place}: ${item}`, item, known, warn);
    }
  }
}

function report(place: string, name: string, known: readonly string[], warn: (message: string) => void): void {
  const meant = slipOf(name, known);
  if (meant !== undefined) throw new Error(`'${place}' is not known; did you mean ${meant}? It would be ignored`);
  warn(`'${place}' is not known and ignored; known: ${known.join(', ')}`);
}
