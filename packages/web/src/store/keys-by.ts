const none: ReadonlySet<string> = new Set();

/** Keys of tasks by what they belong to, such as their framework; those of one in the order in which they came. */
export class KeysBy {
  readonly #sets = new Map<string, Set<string>>();

  /** Adds a key, as the last one. @returns all keys that belong there. */
  add(owner: string, key: string): ReadonlySet<string> {
    const keys = this.#sets.get(owner) ?? new Set<string>();
    this.#sets.set(owner, keys);
    return keys.add(key);
  }

  /** Removes a key; one that is not there changes nothing. */
  delete(owner: string, key: string): void {
    const keys = this.#sets.get(owner);
    if (keys?.delete(key) && keys.size === 0) this.#sets.delete(owner);
  }

  /** The keys that belong to something. */
  of(owner: string): ReadonlySet<string> {
    return this.#sets.get(owner) ?? none;
  }
}
