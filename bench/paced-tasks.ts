import { type BenchFramework, commandTask } from './framework.ts';

const TICK_MS = 50;

/** Short tasks that begin at an even pace until they are stopped, each on an agent of its own. */
export class PacedTasks {
  readonly #framework: BenchFramework;
  readonly #perSecond: number;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #startedAt = performance.now();
  #launched = 0;

  constructor(framework: BenchFramework, perSecond: number) {
    this.#framework = framework;
    this.#perSecond = perSecond;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** How many have begun. */
  get launched(): number {
    return this.#launched;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const due = Math.floor(((performance.now() - this.#startedAt) / 1000) * this.#perSecond) - this.#launched;
    // What was not possible for lack of offers is not made up for at once.
    for (const offer of this.#framework.offers.splice(0, Math.min(due, this.#perSecond))) {
      const name = `paced-${this.#framework.id}-${this.#launched++}`;
      this.#framework.launch([offer], [commandTask(name, '/bin/true')]);
    }
  }
}
