import { type RefObject, useLayoutEffect, useRef } from 'react';
import { indexBefore } from './line-at.ts';
import type { Line } from './line-buffer.ts';
import type { LogState } from './log-reader.ts';

/**
 * Keeps the lines of a log where its reader looks at them: at the end while it follows, at a place that was gone to, and
 * where they are when lines come or go above.
 *
 * @returns what a scroll of the element means: whether the reader went to the end, or left it; undefined: neither.
 */
export function useSteadyScroll(parts: {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly state: LogState;
  readonly shown: readonly Line[];
  /** Of a line, in pixels. */
  readonly lineHeight: number;
  /** Lines that come above move the others. */
  readonly isWhole: boolean;
}): () => 'atEnd' | 'left' | undefined {
  const { scroller, state, shown, lineHeight, isWhole } = parts;
  const { shift, isFollowing, goal, isArriving } = state;
  const lastShift = useRef(shift);
  const lastTop = useRef(0);
  const reached = useRef<LogState['goal']>(undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other lines move the end
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const move = (top: number) => {
      element.scrollTop = top;
      lastTop.current = element.scrollTop; // what came of it
    };
    if (isFollowing) move(element.scrollHeight);
    else if (goal && goal !== reached.current && !isArriving) {
      reached.current = goal;
      const top = Math.max(0, indexBefore(shown, goal.offset)) * lineHeight;
      const isSeen = top >= element.scrollTop && top + lineHeight <= element.scrollTop + element.clientHeight;
      if (!isSeen || goal.offset === 0) move(goal.offset === 0 ? 0 : top - element.clientHeight / 3);
    } else if (isWhole && shift !== lastShift.current) {
      move(element.scrollTop + (shift - lastShift.current) * lineHeight);
    }
    lastShift.current = shift;
  }, [shown, shift, isFollowing, goal, isArriving, isWhole]);
  return () => {
    const element = scroller.current;
    if (element === null) return undefined;
    const before = lastTop.current;
    lastTop.current = element.scrollTop;
    const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight < 2 * lineHeight;
    // A shorter list moves up by itself; that is no wish of its reader.
    if (element.scrollTop > before && isAtEnd) return 'atEnd';
    return element.scrollTop < before && !isAtEnd ? 'left' : undefined;
  };
}
