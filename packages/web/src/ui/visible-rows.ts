import { type RefObject, useCallback, useLayoutEffect, useState } from 'react';
import { flushSync } from 'react-dom';
import type { RowMoves, TablePlace } from './row-keys.ts';

/** Rows of a table: from the first one to the one before `end`. */
export interface RowRange {
  readonly first: number;
  readonly end: number;
}

/** Rows above and below what is seen that are there already. */
const OVERSCAN = 8;
/** Rows above and below those that are known already. */
const AHEAD = 32;
/** What is known moves by this many rows at a time: not with every row that comes into sight. */
const STEP = 32;

/**
 * Returns the rows that are there when so much of them is seen.
 *
 * @param seen in pixels: how much is above, and the height of what is seen.
 */
export function rowsAt(seen: { readonly top: number; readonly height: number }, rowHeight: number): RowRange {
  const first = Math.max(0, Math.floor(seen.top / rowHeight) - OVERSCAN);
  return { first, end: first + Math.ceil(seen.height / rowHeight) + 1 + 2 * OVERSCAN };
}

/** Returns the part of a range that there is, of so many rows. */
export const within = ({ first, end }: RowRange, rows: number): RowRange => ({
  first: Math.max(0, Math.min(first, rows - (end - first))),
  end: Math.min(end, rows),
});

/** Returns the rows that should be known where these are there. They stay the same while a reader moves by a few rows. */
export function knownAround({ first, end }: RowRange): { readonly offset: number; readonly limit: number } {
  const offset = Math.max(0, Math.floor((first - AHEAD) / STEP) * STEP);
  return { offset, limit: Math.ceil((end - first + 2 * AHEAD) / STEP) * STEP + STEP };
}

/**
 * Returns the rows that should be in the page: those that are seen in an element that scrolls, and some around them.
 *
 * @param rowHeight of each row, in pixels.
 * @param place where the table is to be at first; it is kept up to date.
 * @returns and what moves a row into sight, with the least that is necessary.
 */
export function useVisibleRows(
  scroller: RefObject<HTMLElement | null>,
  rows: number,
  rowHeight: number,
  place: TablePlace,
): [RowRange, RowMoves] {
  const [range, setRange] = useState<RowRange>({ first: 0, end: 0 });
  const update = useCallback(() => {
    const { scrollTop: top = 0, clientHeight: height = 0 } = scroller.current ?? {};
    const next = rowsAt({ top, height }, rowHeight);
    setRange(last => (last.first === next.first && last.end === next.end ? last : next));
  }, [scroller, rowHeight]);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    element.scrollTop = place.top;
    update();
    const onScroll = () => {
      place.top = element.scrollTop;
      // At once: the rows belong to the frame that shows the new place.
      flushSync(update);
    };
    element.addEventListener('scroll', onScroll, { passive: true });
    const observer = new ResizeObserver(update);
    observer.observe(element);
    return () => {
      element.removeEventListener('scroll', onScroll);
      observer.disconnect();
    };
  }, [scroller, update, place]);
  const scrollTo = (index: number) => {
    const element = scroller.current;
    if (element === null) return;
    // What stays at the top covers as much of the rows as it takes above them.
    const head = Math.max(0, element.scrollHeight - rows * rowHeight);
    const top = index * rowHeight;
    const lowest = top + rowHeight + head - element.clientHeight;
    element.scrollTop = Math.max(lowest, Math.min(element.scrollTop, top));
    update();
  };
  const firstSeen = () => Math.ceil((scroller.current?.scrollTop ?? 0) / rowHeight);
  return [within(range, rows), { scrollTo, firstSeen }];
}
