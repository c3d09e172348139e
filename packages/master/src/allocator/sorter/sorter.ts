import type { Quantities } from '@meseta/resources';

/**
 * Says in which order clients get to choose. Clients are known by path: `a/b` is below `a`, and what `a/b` holds counts
 * for `a` too. What a client is, the sorter does not care: it gives back what it was given.
 *
 * Paths that are not there are the caller's mistake and throw.
 */
export interface Sorter<T> {
  readonly size: number;
  has(path: string): boolean;
  /** A new client, not active yet. */
  add(path: string, client: T): void;
  /** Removes a client that holds nothing. */
  remove(path: string): void;
  activate(path: string): void;
  /** Left out of the order from now on; what it holds still counts for its ancestors. */
  deactivate(path: string): void;
  /** Weights belong to paths, whether there are such clients or not. 1 unless set. */
  setWeight(path: string, weight: number): void;
  /** What there is to share, in thousandths. */
  setTotal(total: Quantities): void;
  /** The client got something. */
  allocate(path: string, quantities: Quantities): void;
  /** The client holds less by this. */
  free(path: string, quantities: Quantities): void;
  /** What a client and those below it hold; everything when no path is named. */
  allocation(path?: string): Quantities;
  /** Returns a client's weight among its siblings. */
  weight(path: string): number;
  /** Returns the dominant share of a client alone, divided by its weight; 0 for sorters without shares. */
  share(path: string): number;
  /** The active clients, who chooses first at the front. The array stays as it is when the order changes later. */
  sort(): readonly T[];
}

/** Makes sorters of one sort. */
export type SorterFactory = <T>(options: SorterOptions) => Sorter<T>;

/** The settings of a sorter, and its source of randomness. */
export interface SorterOptions {
  /** Names of resources that do not count for shares. */
  readonly excluded: ReadonlySet<string>;
  /** At least 0, below 1. */
  readonly random: () => number;
  /** True when slashes in paths mean what they mean in roles; otherwise there is one level. */
  readonly hierarchical: boolean;
}
