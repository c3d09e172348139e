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

/**
 * Does steps as {@link inSlices} does.
 *
 * @returns what the last of them returns: at once when all of them are done already.
 */
export function resultInSlices<T>(steps: Iterator<unknown, T>): T | Promise<T> {
  const slice = new Slice();
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (slice.isOver) return resultLater(steps, slice);
  }
}

async function resultLater<T>(steps: Iterator<unknown, T>, slice: Slice): Promise<T> {
  for (;;) {
    if (slice.isOver) await slice.giveWay();
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Does all steps in this turn of the event loop. @returns what the last of them returns. */
export function resultAtOnce<T>(steps: Iterator<unknown, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
