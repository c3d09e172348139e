import { Slice } from './slice.ts';

/**
 * Does steps for a few milliseconds in each turn of the event loop, beginning in this one. The steps look again at what
 * they are about, because other work runs between any two of them.
 *
 * @param steps do something each time they are asked for the next.
 * @returns undefined when all of them are done already; else resolves when they are.
 * @throws what a step throws: at once, or by the promise when it was not one of the first.
 */
export function inSlices(steps: Iterator<unknown>): Promise<void> | undefined {
  const slice = new Slice();
  while (!steps.next().done) if (slice.isOver) return goOn(steps, slice);
  return undefined;
}

async function goOn(steps: Iterator<unknown>, slice: Slice): Promise<void> {
  do {
    if (slice.isOver) await slice.giveWay();
  } while (!steps.next().done);
}
