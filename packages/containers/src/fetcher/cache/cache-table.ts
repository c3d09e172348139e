/** The number of entries of a cache: without a limit, small files would fill the agent's memory. */
const maximumEntries = 10_000;

/** A complete file of the cache. */
export interface CacheEntry {
  readonly key: string;
  /** The directory of its user. */
  readonly directory: string;
  /** The file's name in that directory. */
  readonly name: string;
  readonly bytes: number;
  /** The permissions of the local file that it is a copy of; undefined for other sources. */
  readonly mode: number | undefined;
}

/**
 * Decides what is in the cache: which entries there are, how many bytes they and the downloads have, and which entries
 * give way to a new one, those first whose last use is the longest ago. Entries in use never do. It touches no files.
 */
export class CacheTable {
  /** Bytes that entries and downloads may have together. */
  readonly totalBytes: number;
  /** The entry that was used last is the last one. */
  readonly #entries = new Map<string, CacheEntry>();
  readonly #uses = new Map<CacheEntry, number>();
  #usedBytes = 0;

  constructor(totalBytes: number) {
    this.totalBytes = totalBytes;
  }

  /** Bytes of all entries, and those reserved for downloads. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  get(key: string): CacheEntry | undefined {
    return this.#entries.get(key);
  }

  /** Begins a use of an entry. @returns false when it has given way meanwhile. */
  use(entry: CacheEntry): boolean {
    if (this.#entries.get(entry.key) !== entry) return false;
    this.#entries.delete(entry.key);
    this.#entries.set(entry.key, entry);
    this.#uses.set(entry, (this.#uses.get(entry) ?? 0) + 1);
    return true;
  }

  /** Ends a use. */
  unuse(entry: CacheEntry): void {
    const uses = (this.#uses.get(entry) ?? 1) - 1;
    if (uses === 0) this.#uses.delete(entry);
    else this.#uses.set(entry, uses);
  }

  /**
   * Reserves bytes for a download.
   *
   * @param mayDisplace entries may give way; otherwise there must be room beside all of them.
   * @returns the entries that had to give way; undefined, with no change, when there would not be enough even then.
   */
  reserve(bytes: number, mayDisplace = true): readonly CacheEntry[] | undefined {
    const leaving: CacheEntry[] = [];
    let free = this.totalBytes - this.#usedBytes;
    let places = maximumEntries - this.#entries.size;
    const fits = () => free >= bytes && places > 0;
    for (const entry of mayDisplace ? this.#entries.values() : []) {
      if (fits()) break;
      if (this.#uses.has(entry)) continue;
      leaving.push(entry);
      free += entry.bytes;
      places++;
    }
    if (!fits()) return undefined;
    for (const entry of leaving) this.remove(entry);
    this.#usedBytes += bytes;
    return leaving;
  }

  /** Gives reserved bytes back. */
  release(bytes: number): void {
    this.#usedBytes -= bytes;
  }

  /** Adds an entry, whose bytes were reserved. */
  add(entry: CacheEntry): void {
    this.#entries.set(entry.key, entry);
  }

  /** Removes an entry. */
  remove(entry: CacheEntry): void {
    if (this.#entries.get(entry.key) !== entry) return;
    this.#entries.delete(entry.key);
    this.#usedBytes -= entry.bytes;
  }
}
