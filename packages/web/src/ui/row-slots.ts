import { useEffect, useState } from 'react';
import type { RowRange } from './visible-rows.ts';

/** How long a table is not scrolled until its elements come into the order of its rows, in milliseconds. */
const REST_MS = 200;

/** An element of a table for one row, which shows another row when that one is out of sight. */
export interface RowSlot {
  /** What stays the same: the element's key. */
  readonly slot: number;
  readonly index: number;
}

/**
 * Returns which row each element shows, in the order of the elements in the page. That stays the same while rows are scrolled: an element
 * that is made, or moved, is laid out from scratch.
 *
 * @param firstAtRest the row that the first element showed when the table was last at rest.
 */
export function slotsOf({ first, end }: RowRange, firstAtRest: number): RowSlot[] {
  const size = end - first;
  return Array.from({ length: size }, (_, at) => {
    const slot = (firstAtRest + at) % size;
    return { slot, index: first + ((slot - (first % size) + size) % size) };
  });
}

/** Returns the elements of a table for the rows that are in the page. At rest they have the order of the rows, for those who do not see them. */
export function useRowSlots(range: RowRange): RowSlot[] {
  const { first } = range;
  const [firstAtRest, setFirstAtRest] = useState(first);
  useEffect(() => {
    if (first === firstAtRest) return;
    const timer = setTimeout(() => setFirstAtRest(first), REST_MS);
    return () => clearTimeout(timer);
  }, [first, firstAtRest]);
  return slotsOf(range, firstAtRest);
}
