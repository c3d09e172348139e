import { Slice } from './slice.ts';

/**
 * Work in several steps, some of which may have to wait. It is written as a generator, and waits with `yield*
 * ready(value)`. Unlike an `await`, this continues at once when the value is not a promise: no other work runs in
 * between.
 */
export type Steps<T = void> = Generator<Promise<unknown>, T, unknown>;

/** Returns the value of a step. @throws the promise's error. */
export function* ready<T>(value: T | Promise<T>): Steps<T> {
  return value instanceof Promise ? ((yield value) as T) : value;
}

/**
 * Runs work in the order of arrival. When no work is running, new work starts at once and runs up to its first step
 * that has to wait; work that arrives meanwhile waits for its end.
 */
export class TurnQueue {
  readonly #waiting: { readonly work: () => Steps | undefined; readonly failed: (error: unknown) => void }[] = [];
  #busy = false;

  /** True when no work is running, so that new work starts at once. */
  get idle(): boolean {
    return !this.#busy;
  }

  /**
   * Runs work, now or later.
   *
   * @param failed receives what it throws after it had to wait.
   * @throws what it throws before that.
   */
  run(work: () => Steps | undefined, failed: (error: unknown) => void): void {
    if (this.#busy) {
      this.#waiting.push({ work, failed });
      return;
    }
    const steps = work();
    const first = steps?.next();
    if (steps === undefined || first === undefined || first.done) return;
    this.#busy = true;
    void this.#finish(steps, first.value, failed);
  }

  async #finish(steps: Steps, waitedFor: Promise<unknown>, failed: (error: unknown) => void): Promise<void> {
    await goOn(steps, waitedFor).catch(failed);
    const slice = new Slice();
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      try {
        const later = next.work();
        const first = later?.next();
        if (later && first && !first.done) await goOn(later, first.value);
      } catch (error) {
        next.failed(error);
      }
      // Thousands may have come meanwhile.
      if (slice.isOver) await slice.giveWay();
    }
    this.#busy = false;
  }
}

async function goOn(steps: Steps, waitedFor: Promise<unknown>): Promise<void> {
  for (let promise = waitedFor; ; ) {
    const settled = await promise.then(
      value => () => steps.next(value),
      (error: unknown) => () => steps.throw(error),
    );
    const step = settled();
    if (step.done) return;
    promise = step.value;
  }
}
