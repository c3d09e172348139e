import { type FocusEvent, type KeyboardEvent, type RefObject, useEffect, useRef } from 'react';
import { isFocusFree } from './focus-page.ts';

/** Where a table is scrolled to, and which row has the focus. The table keeps it up to date. */
export interface TablePlace {
  /** In pixels. */
  top: number;
  row?: number | undefined;
}

/** Rows that a page key moves over. */
const PAGE = 12;

/** Returns where a key leads from the row with the focus; undefined: it is no key for tables. */
export function nextRow(key: string, current: number, rows: number): number | undefined {
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: current + 1,
    j: current + 1,
    ArrowUp: current - 1,
    k: current - 1,
    PageDown: current + PAGE,
    PageUp: current - PAGE,
    Home: 0,
    End: rows - 1,
  };
  if (rows === 0 || !Object.hasOwn(steps, key)) return undefined;
  return Math.max(0, Math.min(rows - 1, steps[key] as number));
}

/** Whether keys go into what has the focus, as text. */
export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches('input:not([type="checkbox"], [type="radio"]), textarea, select');

/** Returns the number of the row that something is in; undefined: it is in none. */
function rowOf(element: Element | null): number | undefined {
  const row = element?.closest<HTMLElement>('[data-index]');
  return row ? Number(row.dataset.index) : undefined;
}

/** What moves through a table. */
export interface RowMoves {
  /** Makes a row exist, in sight. */
  scrollTo(index: number): void;
  /** Returns the first row in sight. */
  firstSeen(): number;
}

/** What a table tells those who use it by keys. */
export interface RowKeys {
  readonly onKeyDown: (event: KeyboardEvent) => void;
  readonly onFocus: (event: FocusEvent) => void;
  readonly onBlur: () => void;
}

/**
 * Moves the focus from row to row by keys, and follows the first link of a row, presses its button, or ticks its box, by Enter. Rows
 * have their number in `data-index`, and need not exist in the page before they are moved to.
 *
 * @param place the table's, with the row that has the focus; it is there again when the table comes back.
 */
export function useRowKeys(
  scroller: RefObject<HTMLElement | null>,
  rows: number,
  { scrollTo, firstSeen }: RowMoves,
  place: TablePlace,
): RowKeys {
  const wanted = useRef<number>(undefined);
  const hasFocus = useRef(false);
  const focus = (index: number): boolean => {
    const row = scroller.current?.querySelector<HTMLElement>(`[data-index="${index}"]`);
    row?.focus({ preventScroll: true });
    return row !== null && row !== undefined;
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when the table comes
  useEffect(() => {
    if (place.row !== undefined && place.row < rows && isFocusFree()) wanted.current = place.row;
  }, []);
  // The row comes with a later rendering when it was not there.
  useEffect(() => {
    if (wanted.current !== undefined && focus(wanted.current)) wanted.current = undefined;
    else if (hasFocus.current && isElsewhere(document.activeElement)) scroller.current?.focus({ preventScroll: true });
  });
  /** Whether the row that had the focus was scrolled away: it is in the page no more, or what was its element shows another. */
  const isElsewhere = (active: Element | null) => active === document.body || rowOf(active) !== place.row;
  const onFocus = ({ target }: FocusEvent) => {
    hasFocus.current = true;
    place.row = rowOf(target);
  };
  const onBlur = () => {
    hasFocus.current = false;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const { target, key } = event;
    if (!(target instanceof HTMLElement) || isTyping(target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = target.closest<HTMLElement>('[data-index]');
    const box = row === target ? row.querySelector<HTMLElement>('input[type="checkbox"]') : null;
    if (row === target && (key === 'Enter' || (key === ' ' && box))) {
      event.preventDefault(); // Space would scroll as well
      (row.querySelector<HTMLElement>('a, button') ?? box)?.click();
      return;
    }
    if (target !== scroller.current && row === null) return; // the head
    const next = nextRow(key, row ? Number(row.dataset.index) : firstSeen() - 1, rows);
    if (next === undefined) return;
    event.preventDefault();
    scrollTo(next);
    wanted.current = focus(next) ? undefined : next;
  };
  return { onKeyDown, onFocus, onBlur };
}
