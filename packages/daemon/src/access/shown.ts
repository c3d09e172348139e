import type { Filter } from './access-control.ts';
import type { AccessObjects, Action } from './actions.ts';

/** Returns the items that a filter lets through, or the items themselves when there is no filter. */
export function shown<T, A extends Action>(
  items: Iterable<T>,
  filter: Filter<A>,
  objectOf: (item: T) => AccessObjects[A],
): Iterable<T> {
  if (filter === undefined) return items;
  return Iterator.from(items).filter(item => filter(objectOf(item)));
}
