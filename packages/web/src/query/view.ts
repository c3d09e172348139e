import type { Row, Table } from '../store/table.ts';
import { compileFilter, type FilterProblem, parseFilter } from './filter.ts';

/** Which rows of a table a page shows, and in which order. */
export interface Query {
  /** As typed, see `filter.ts`. */
  readonly filter: string;
  /** A column; unknown ones do not sort. */
  readonly sort: string;
  readonly descending: boolean;
  /** The first row of the window. */
  readonly offset: number;
  /** How many rows the window has at most. */
  readonly limit: number;
}

/** What a query finds. */
export interface Window {
  /** How many rows the table has. */
  readonly total: number;
  /** How many of them match. */
  readonly matched: number;
  /** Where `rows` begin: `offset`, unless fewer rows match. */
  readonly offset: number;
  readonly rows: readonly Row[];
  readonly problems: readonly FilterProblem[];
}

/** Above this share of the rows, sorting all of them is cheaper than merging those that changed. */
const MERGED_SHARE = 1 / 8;

/**
 * The answer to a query, kept up to date: the rows that match in their order, of which a window is read. Rows that have changed are
 * put in their place, and the others stay.
 */
export class View {
  readonly #table: Table;
  #query: Query;
  #problems: readonly FilterProblem[] = [];
  #order: number[] = [];
  readonly #changed = new Set<number>();
  /** The rows must all be put in order. */
  #isNew = true;
  /** Something was asked since the last window. */
  #isAsked = true;
  readonly #unwatch: () => void;

  constructor(table: Table, query: Query) {
    this.#table = table;
    this.#query = query;
    this.#unwatch = table.watch(row => void this.#changed.add(row));
  }

  /** Whether a window that is read now may differ from the last one. */
  get hasChanged(): boolean {
    return this.#isAsked || this.#changed.size > 0;
  }

  /** Asks something else. Moving the window alone does not sort again. */
  ask(query: Query): void {
    const { filter, sort, descending } = this.#query;
    const isSameOrder = query.filter === filter && query.sort === sort && query.descending === descending;
    this.#query = query;
    this.#isNew ||= !isSameOrder;
    this.#isAsked = true;
  }

  /** Returns the rows of the window as they are now. */
  read(): Window {
    this.#update();
    this.#isAsked = false;
    const { offset: wanted, limit } = this.#query;
    const offset = Math.max(0, Math.min(wanted, this.#order.length - 1));
    const rows = this.#order.slice(offset, offset + limit).map(row => this.#table.valuesOf(row));
    return { total: this.#table.size, matched: this.#order.length, offset, rows, problems: this.#problems };
  }

  /** Ends it. */
  close(): void {
    this.#unwatch();
  }

  #update(): void {
    const filter = parseFilter(this.#query.filter, Object.keys(this.#table.columns));
    this.#problems = filter.problems;
    const matches = compileFilter(filter, this.#table);
    const exists = (row: number) => this.#table.keyOf(row) !== undefined;
    const compare = this.#comparison();
    if (this.#isNew || this.#changed.size > this.#table.size * MERGED_SHARE) {
      this.#order = [...this.#table.rows()].filter(matches).sort(compare);
    } else if (this.#changed.size > 0) {
      const stayed = this.#order.filter(row => !this.#changed.has(row));
      const placed = [...this.#changed].filter(row => exists(row) && matches(row)).sort(compare);
      this.#order = merge(stayed, placed, compare);
    }
    this.#isNew = false;
    this.#changed.clear();
  }

  /** Rows that are equal otherwise are in the order of their keys, so that they do not move. */
  #comparison(): (a: number, b: number) => number {
    const { sort, descending } = this.#query;
    const column = this.#table.columns[sort];
    const sign = descending ? -1 : 1;
    const byKey = (a: number, b: number) => {
      const [one = '', other = ''] = [this.#table.keyOf(a), this.#table.keyOf(b)];
      return one < other ? -1 : one > other ? 1 : 0;
    };
    return column ? (a, b) => sign * column.compare(a, b) || byKey(a, b) : byKey;
  }
}

/** Merges two lists that are in order. */
function merge(one: number[], other: number[], compare: (a: number, b: number) => number): number[] {
  if (other.length === 0) return one;
  const merged: number[] = [];
  let at = 0;
  for (const row of one) {
    while (at < other.length && compare(other[at] as number, row) < 0) merged.push(other[at++] as number);
    merged.push(row);
  }
  while (at < other.length) merged.push(other[at++] as number);
  return merged;
}
