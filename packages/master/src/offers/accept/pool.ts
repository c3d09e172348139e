import { applyConversions, isPorts, type ResourceConversion, Resources } from '@meseta/resources';

/** What an ACCEPT settles with the allocator when its operations are done. */
export interface Settlement {
  /** Made by operations and not used: free without a filter, since the framework asked for it. */
  readonly converted: Resources;
  /** Offered and not used: declined. */
  readonly declined: Resources;
}

/**
 * The resources of all offers of one ACCEPT, on which its operations work one after the other. What reservations and
 * volumes make of them, later operations can use; what resizing makes, they cannot.
 *
 * @see Mesos src/master/master.cpp, Master::_accept
 */
export class Pool {
  readonly #offered: Resources;
  #remaining: Resources;
  /** Shared volumes, however many tasks use them: a task may use more copies than were offered. */
  #shared: Resources;
  #resized = Resources.empty;
  readonly #sharesPorts: boolean;

  /** @param sharesPorts the agent's ports are not used up: tasks of the same ACCEPT may have the same ones. */
  constructor(offered: Resources, sharesPorts = false) {
    this.#offered = offered;
    this.#sharesPorts = sharesPorts;
    this.#remaining = offered;
    this.#shared = offered.shared();
  }

  get remaining(): Resources {
    return this.#remaining;
  }

  /** Returns what a task may use: shared volumes also when other tasks use them. */
  get available(): Resources {
    return this.#shared.isEmpty ? this.#remaining : this.#remaining.nonShared().add(this.#shared);
  }

  /** @throws {InvalidOperationError} when the pool does not have the consumed resources; then it is unchanged. */
  convert(conversions: readonly ResourceConversion[]): void {
    this.#remaining = applyConversions(this.#remaining, conversions);
    this.#shared = this.#remaining.shared();
  }

  /** Takes what a resizing consumes. */
  resize({ consumed, converted }: ResourceConversion): void {
    this.#remaining = this.#remaining.subtract(consumed);
    this.#resized = this.#resized.add(converted);
  }

  /** @returns copies of shared volumes that were not in the offers and must be allocated too. */
  take(used: Resources): Resources {
    const missing = this.#shared.isEmpty ? Resources.empty : used.shared().subtract(this.#remaining.shared());
    this.#remaining = this.#remaining.subtract(this.#sharesPorts ? used.filter(kind => !isPorts(kind)) : used);
    return missing;
  }

  settle(): Settlement {
    const converted = this.#remaining.add(this.#resized).subtract(this.#offered);
    return { converted, declined: this.#remaining.subtract(converted) };
  }
}
