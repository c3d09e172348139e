import type { Algebra } from './algebra.ts';

/** The items of a set, in the order of their first appearance. */
export type Items = ReadonlySet<string>;

/** The arithmetic of SET. */
export const sets: Algebra<Items> = {
  read: ({ set }) => new Set(set?.item),
  write: (template, items) => ({ ...template, set: { item: [...items] } }),
  add: (a, b) => a.union(b),
  subtract: (a, b) => a.difference(b),
  contains: (a, b) => b.isSubsetOf(a),
  isEmpty: items => items.size === 0,
  print: items => `{${[...items].join(', ')}}`,
};
