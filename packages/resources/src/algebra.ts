import type { Resource } from '@meseta/protocol';

/**
 * The arithmetic of one type of value. Amounts are immutable.
 *
 * The methods use method syntax on purpose: the three algebras are in one table, and each gets only amounts that it
 * created.
 */
export interface Algebra<A> {
  /** Returns the amount of a resource; the empty amount when it has none. */
  read(resource: Resource): A;
  /** Returns a resource like `template`, which has no value, with this amount. */
  write(template: Resource, amount: A): Resource;
  add(a: A, b: A): A;
  /** Subtracts. Scalars may become negative; ranges and sets lose what they have. */
  subtract(a: A, b: A): A;
  contains(a: A, b: A): boolean;
  /** Tells whether an amount is empty. Also true for invalid amounts: negative ones, NaN. */
  isEmpty(amount: A): boolean;
  /** Formats an amount as Mesos does: `0.5`, `[1-2, 4-4]`, `{a, b}`. */
  print(amount: A): string;
}
