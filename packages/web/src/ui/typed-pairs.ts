/** Pairs of a name and a value as users type them in forms: labels, variables. */
import type { Read } from './typed-amounts.ts';

/** Returns the lines that are not blank, without the spaces around them. */
export function linesIn(text: string): string[] {
  return text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '');
}

/**
 * Reads lines of pairs, in their order.
 *
 * @param form what is said of a line that is none: variables have names, labels have keys.
 */
export function readPairs(
  text: string,
  form: 'NAME=VALUE' | 'KEY=VALUE',
): Read<(readonly [name: string, value: string])[]> {
  const lines = linesIn(text);
  const wrong = lines.find(line => line.indexOf('=') < 1);
  if (wrong !== undefined) return { problem: `'${wrong}' is not of the form ${form}` };
  return {
    value: lines.map(line => {
      const equals = line.indexOf('=');
      return [line.slice(0, equals), line.slice(equals + 1)] as const;
    }),
  };
}
