import type { Variables } from '@meseta/tasks';

const line = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s;

/** Parses `VAR=value`. @returns the pair; undefined for any other text. */
export function parseVariable(text: string): readonly [name: string, value: string] | undefined {
  const match = line.exec(text);
  return match ? [match[1] ?? '', match[2] ?? ''] : undefined;
}

/**
 * Parses a hook's result, a list of `VAR=value`.
 *
 * @throws when it is no list, or an item has another form.
 */
export function parseVariables(texts: unknown): Variables {
  if (texts === undefined || texts === null) return {};
  if (!Array.isArray(texts)) throw new Error("it did not return a list of 'VAR=value'");
  return Object.fromEntries(
    texts.map(text => {
      const variable = typeof text === 'string' ? parseVariable(text) : undefined;
      if (!variable) throw new Error(`it returned ${JSON.stringify(text)}, which does not have the form 'VAR=value'`);
      return variable;
    }),
  );
}
