import { type KeyboardEvent, type RefObject, useEffect, useRef } from 'react';

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

/**
 * Moves the focus from row to row by keys, and follows the first link of a row, or presses its button, by Enter. Rows have their number
 * in `data-index`, and need not exist in the page before they are moved to.
 *
 * @param scrollTo makes a row exist.
 */
export function useRowKeys(
  scroller: RefObject<HTMLElement | null>,
  rows: number,
  scrollTo: (index: number) => void,
): (event: KeyboardEvent) => void {
  const wanted = useRef<number>(undefined);
  const focus = (index: number): boolean => {
    const row = scroller.current?.querySelector<HTMLElement>(`[data-index="${index}"]`);
    row?.focus({ preventScroll: true });
    return row !== null && row !== undefined;
  };
  // The row comes with a later rendering when it was not there.
  useEffect(() => {
    if (wanted.current !== undefined && focus(wanted.current)) wanted.current = undefined;
  });
  return event => {
    const { target, key } = event;
    if (!(target instanceof HTMLElement) || isTyping(target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = target.closest<HTMLElement>('[data-index]');
    if (key === 'Enter' && row === target) {
      row.querySelector<HTMLElement>('a, button')?.click();
      return;
    }
    if (target !== scroller.current && row === null) return; // the head
    const next = nextRow(key, row ? Number(row.dataset.index) : -1, rows);
    if (next === undefined) return;
    event.preventDefault();
    scrollTo(next);
    wanted.current = focus(next) ? undefined : next;
  };
}
