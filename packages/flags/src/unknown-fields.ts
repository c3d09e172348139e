/** Judges names in the JSON of flags that are not known: Mesos ignores them, and so do we, but not silently. */
import { excerpt, type Field, type MessageType } from '@meseta/protocol';
import { slipOf } from './did-you-mean.ts';

/** Receives a sentence for the operator about a value that is accepted. */
type Warn = (message: string) => void;

/** How an unknown name is judged. */
export interface UnknownName {
  /** Where it is, for messages; the name itself where it is at the root. */
  readonly place?: string;
  /** The names that would have an effect. */
  readonly known: readonly string[];
  /** Receives a sentence about a name that is ignored: it may be from another version of Mesos. */
  readonly warn: Warn;
  /** Returns the known name that was meant: then it is refused. The default finds slips of the keyboard only. */
  readonly meantBy?: (name: string, known: readonly string[]) => string | undefined;
}

/**
 * Judges a name that is not known.
 *
 * @returns why it is refused, without a full stop; undefined when it is ignored, with a warning.
 */
export function unknownName(
  name: string,
  { place = name, known, warn, meantBy = slipOf }: UnknownName,
): string | undefined {
  const shown = `'${excerpt(place, 200)}' is not known`;
  const meant = meantBy(name, known);
  if (meant !== undefined) return `${shown}; did you mean ${meant}? It would be ignored`;
  warn(`${shown} and ignored; known: ${known.join(', ')}`);
  return undefined;
}

/**
 * Looks for keys of an object that are not known.
 *
 * @param path of the object, '' for the root.
 * @throws {Error} for a slip of the keyboard, which would leave a setting out.
 */
export function checkKeys(value: object, known: readonly string[], warn: Warn, path = ''): void {
  for (const key of Object.keys(value)) if (!known.includes(key)) judge(placeOf(path, key), key, known, warn);
}

/**
 * Looks for names of fields and of enum values that would be ignored.
 *
 * @param value in JSON, which is known to be a message of this type.
 * @param path of the message, '' for the root.
 * @throws {Error} for a slip of the keyboard, which would leave a setting out.
 */
export function checkNames(type: MessageType<unknown>, value: unknown, warn: Warn, path = ''): void {
  for (const [key, child] of Object.entries(value as object)) {
    const place = placeOf(path, key);
    const field = type.byName.get(key);
    if (field === undefined) judge(place, key, [...type.byName.keys()], warn);
    else if (child !== null && child !== undefined) checkField(field, child, warn, place);
  }
}

function checkField(field: Field, value: unknown, warn: Warn, place: string): void {
  const each: unknown[] = Array.isArray(value) || field.label === 'map' ? Object.values(value as object) : [value];
  const known = field.kind === 'enum' ? [...(field.enumeration?.numberOf.keys() ?? [])] : [];
  for (const item of each) {
    if (field.kind === 'message') checkNames(field.message as MessageType<unknown>, item, warn, place);
    else if (field.kind === 'enum' && typeof item === 'string' && !known.includes(item)) {
      judge(`${place}: ${item}`, item, known, warn);
    }
  }
}

const placeOf = (path: string, key: string) => (path === '' ? key : `${path}.${key}`);

function judge(place: string, name: string, known: readonly string[], warn: Warn): void {
  const problem = unknownName(name, { place, known, warn });
  if (problem !== undefined) throw new Error(problem);
}
