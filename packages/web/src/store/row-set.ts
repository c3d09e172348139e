/** Rows of a table, noted many times a second and forgotten together: unlike a `Set`, it leaves no garbage. */
export class RowSet {
  #has = new Uint8Array(64);
  readonly #rows: number[] = [];

  /** How many rows there are. */
  get size(): number {
    return this.#rows.length;
  }

  /** The rows, in the order in which they came. */
  get rows(): readonly number[] {
    return this.#rows;
  }

  /** Whether a row is among them. */
  has(row: number): boolean {
    return this.#has[row] === 1;
  }

  /** Adds a row; a second time changes nothing. */
  add(row: number): void {
    if (this.has(row)) return;
    if (row >= this.#has.length) {
      const larger = new Uint8Array(Math.max(row + 1, this.#has.length * 2));
      larger.set(this.#has);
      this.#has = larger;
    }
    this.#has[row] = 1;
    this.#rows.push(row);
  }

  /** Forgets all of them. */
  clear(): void {
    for (const row of this.#rows) this.#has[row] = 0;
    this.#rows.length = 0;
  }
}
