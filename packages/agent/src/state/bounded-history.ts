/** The latest things that are over, oldest first; what goes beyond the limit is forgotten. */
export class BoundedHistory<T> implements Iterable<T> {
  readonly #limit: number;
  readonly #values = new Set<T>();

  /** @param limit how many are kept; 0 keeps none. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#values.size;
  }

  add(value: T): void {
    this.#values.add(value);
    if (this.#values.size <= this.#limit) return;
    for (const oldest of this.#values) {
      this.#values.delete(oldest);
      return;
    }
  }

  delete(value: T): boolean {
    return this.#values.delete(value);
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#values.values();
  }
}
