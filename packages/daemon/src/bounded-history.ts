import type { Id, IdKind, IdMap, WireId } from '@meseta/protocol';

/** Keeps the newest `capacity` values in the order they came: completed tasks, executors, frameworks. */
export class BoundedHistory<K extends IdKind, T> implements Iterable<T> {
  readonly #capacity: number;
  readonly #evicted: ((value: T) => void) | undefined;
  /** Insertion order is age. */
  readonly #values: IdMap<K, T> = new Map();

  /** @param evicted receives each value that is removed to make space. */
  constructor(capacity: number, evicted?: (value: T) => void) {
    this.#capacity = capacity;
    this.#evicted = evicted;
  }

  get size(): number {
    return this.#values.size;
  }

  /** Adds a value as the newest; one with the same id is replaced. */
  add(id: Id<K>, value: T): void {
    this.#values.delete(id);
    this.#values.set(id, value);
    while (this.#values.size > this.#capacity) {
      const [oldest, dropped] = this.#values.entries().next().value as [Id<K>, T];
      this.#values.delete(oldest);
      this.#evicted?.(dropped);
    }
  }

  get(id: WireId<K>): T | undefined {
    return this.#values.get(id);
  }

  has(id: WireId<K>): boolean {
    return this.#values.has(id);
  }

  delete(id: WireId<K>): boolean {
    return this.#values.delete(id);
  }

  clear(): void {
    this.#values.clear();
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#values.values();
  }
}
