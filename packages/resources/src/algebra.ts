import type { Resource } from '@meseta/protocol';

/**
 * Arithmetic of one value type. Amounts are never changed in place.
 *
 * Method syntax on purpose: the three algebras stand in one table, and each only ever meets amounts it made.
 */
export interface Algebra<A> {
  /** The amount of a resource; the empty one where there is none. */
  read(resource: Resource): A;
  /** A resource like `template`, which has no value, with this amount. */
  write(template: Resource, amount: A): Resource;
  add(a: A, b: A): A;
  /** Scalars may get negative, others lose what they have. */
  subtract(a: A, b: A): A;
  contains(a: A, b: A): boolean;
  /** Also true for amounts that no resource may have: negative ones, NaN. */
  isEmpty(amount: A): boolean;
  /** As Mesos prints it: `0.5`, `[1-2, 4-4]`, `{a, b}`. */
  print(amount: A): string;
}
