/**
 * Work in several steps, some of which may have to wait. It is written as a generator, and waits with
 * `yield* ready(value)`. Where the value is there already, that goes on at once, which an `await` does not: no other work
 * runs in between.
 */
export type Steps<T = void> = Generator<Promise<unknown>, T, unknown>;

/** The value of a step. @throws what the promise rejects with. */
export function* ready<T>(value: T | Promise<T>): Steps<T> {
  return value instanceof Promise ? ((yield value) as T) : value;
}

/**
 * Does things in the order in which they were asked for. What finds nothing under way is done at once, up to the first
 * step that has to wait; all that comes later waits for its end.
 */
export class TurnQueue {
  readonly #waiting: { readonly work: () => Steps | undefined; readonly failed: (error: unknown) => void }[] = [];
  #busy = false;

  /** Whether nothing is under way: what is asked for now is done at once. */
  get idle(): boolean {
    return !this.#busy;
  }

  /**
   * Does some work, or has it done later.
   *
   * @param failed told of what it throws after it had to wait.
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
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      try {
        const later = next.work();
        const first = later?.next();
        if (later && first && !first.done) await goOn(later, first.value);
      } catch (error) {
        next.failed(error);
      }
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
