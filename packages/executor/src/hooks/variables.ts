import type { Variables } from '@meseta/tasks';

const line = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s;

/** `VAR=value` as a pair; undefined for anything else. */
export function parseVariable(text: string): readonly [name: string, value: string] | undefined {
  const match = line.exec(text);
  return match ? [match[1] ?? '', match[2] ?? ''] : undefined;
}

/** @throws when one is no `VAR=value`. */
export function parseVariables(texts: unknown): Variables {
  if (texts === undefined || texts === null) return {};
  if (!Array.isArray(texts)) throw new Error("it returned something else than a list of 'VAR=value'");
  return Object.fromEntries(
    texts.map(text => {
      const variable = typeof text === 'string' ? parseVariable(text) : undefined;
      if (!variable) throw new Error(`it returned ${JSON.stringify(text)}, which is no 'VAR=value'`);
      return variable;
    }),
  );
}
