/**
 * The nodes of a store in ZooKeeper. Pure.
 *
 * ```text
 * PATH                  JSON: what this is, and the version of its form
 * PATH/term             who writes; its version is checked by every change, and raised when a term is opened
 * PATH/log/NUMBER       the batches since the last snapshot, by the revision of the first batch
 * PATH/snapshots/NUMBER all variables as they were after a revision: a list of chunks
 * PATH/chunks/NAME      parts of snapshots, and of records that are too large for one node
 * ```
 *
 * Every node but `term` is written once and never changed. The newest snapshot counts, and the records after it. So a
 * change of any size becomes visible by the creation of one node.
 */

/** The nodes below a store's path. */
export interface Layout {
  readonly root: string;
  readonly term: string;
  readonly log: string;
  readonly snapshots: string;
  readonly chunks: string;
}

/** Returns the nodes of the store at a path. */
export function layoutOf(root: string): Layout {
  return { root, term: `${root}/term`, log: `${root}/log`, snapshots: `${root}/snapshots`, chunks: `${root}/chunks` };
}

/** Returns the name of a node for a revision. Names sort as their numbers do. */
export function numberName(revision: number): string {
  return String(revision).padStart(16, '0');
}

/** Returns the number of such a name; undefined when it is none. */
export function parseNumberName(name: string): number | undefined {
  return /^\d{16}$/.test(name) ? Number(name) : undefined;
}

/** Returns the name of a chunk: each is used once. @param term the version of the term node. */
export function chunkName(term: number, count: number): string {
  return `${term}-${count}`;
}

/** The names of the nodes of a store. */
export interface Listing {
  readonly log: readonly string[];
  readonly snapshots: readonly string[];
  readonly chunks: readonly string[];
}

/** What of a store counts. */
export interface Current {
  /** The revision of the newest snapshot; undefined when there is none. */
  readonly snapshot: number | undefined;
  /** The revisions at which the records begin that follow the snapshot, in order. */
  readonly records: readonly number[];
}

/** Finds what counts. */
export function currentOf({ log, snapshots }: Pick<Listing, 'log' | 'snapshots'>): Current {
  const snapshot = Math.max(0, ...numbers(snapshots)) || undefined;
  const records = numbers(log).filter(revision => revision > (snapshot ?? 0));
  return { snapshot, records };
}

/**
 * Finds the nodes that no longer count, or never did because their writer ended half-way.
 *
 * @param used the names of chunks that the newest snapshot and the records after it consist of.
 * @returns paths.
 */
export function garbageOf(layout: Layout, listing: Listing, used: ReadonlySet<string>): string[] {
  const { snapshot = 0 } = currentOf(listing);
  const old = (names: readonly string[], limit: number) =>
    names.filter(name => (parseNumberName(name) ?? Number.POSITIVE_INFINITY) < limit);
  return [
    // Snapshots first: a snapshot whose chunks were removed must never be the newest.
    ...old(listing.snapshots, snapshot).map(name => `${layout.snapshots}/${name}`),
    ...old(listing.log, snapshot + 1).map(name => `${layout.log}/${name}`),
    ...listing.chunks.filter(name => !used.has(name)).map(name => `${layout.chunks}/${name}`),
  ];
}

function numbers(names: readonly string[]): number[] {
  return names
    .map(parseNumberName)
    .filter(number => number !== undefined)
    .sort((a, b) => a - b);
}
