import { inspect } from 'node:util';

/** How much of a value is in a sentence about it. */
const mostCharacters = 100;

/** Returns the beginning of what a module gave as text for a message, however large it is. */
export function shown(value: unknown): string {
  const text = inspect(value, { depth: 1, maxArrayLength: 3, maxStringLength: mostCharacters, breakLength: Infinity });
  return text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text;
}
