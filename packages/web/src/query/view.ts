import { WordColumn } from '../store/columns.ts';
import { placesByName } from '../store/names.ts';
import { RowSet } from '../store/row-set.ts';
import type { Row, Table } from '../store/table.ts';
import { compileFilter, type FilterProblem, parseFilter } from './filter.ts';
import { countLines, type Group, groupsOf, linesIn } from './groups.ts';

/** Which rows of a table a page shows, and in which order. */
export interface Query {
  /** As typed, see `filter.ts`. */
  readonly filter: string;
  /** A column; unknown ones do not sort. */
  readonly sort: string;
  readonly descending: boolean;
  /** A column of words by which rows are grouped; absent, or another: they are not. */
  readonly group?: string;
  /** The groups whose rows are shown. */
  readonly open?: readonly string[];
  /** The first line of the window. */
  readonly offset: number;
  /** How many lines the window has at most. */
  readonly limit: number;
}

/** The heading of the rows with one value. */
export interface Heading {
  readonly key: string;
  readonly heading: string;
  /** What the value is called besides; absent: nothing. */
  readonly title?: string;
  readonly count: number;
  readonly isOpen: boolean;
}

/** A line of a table. */
export type Line = Row | Heading;

/** Whether a line is the heading of a group. Rows have no column of this name. */
export const isHeading = (line: Line): line is Heading => 'heading' in line;

/** What a query finds. */
export interface Window {
  /** How many rows the table has. */
  readonly total: number;
  /** How many of them match. */
  readonly matched: number;
  /** How many lines there are: the rows that match, or headings and the rows of those that are open. */
  readonly lines: number;
  /** How many groups there are; absent: rows are not grouped. */
  readonly groups?: number;
  /** Where `rows` begin: `offset`, unless there are fewer lines. */
  readonly offset: number;
  readonly rows: readonly Line[];
  readonly problems: readonly FilterProblem[];
}

/** Above this share of the rows, sorting all of them is cheaper than merging those that changed. */
const MERGED_SHARE = 1 / 2;

/**
 * The answer to a query, kept up to date: the rows that match in their order, of which a window is read. Rows that have changed are
 * put in their place, and the others stay.
 */
export class View {
  readonly #table: Table;
  #query: Query;
  #problems: readonly FilterProblem[] = [];
  /** The rows in their order. */
  #order: Uint32Array<ArrayBuffer> = new Uint32Array();
  /** Where the next order is put: two that take turns are no garbage for each window. */
  #spare: ArrayBuffer = new ArrayBuffer();
  /** Undefined: the rows are not grouped. */
  #groups: readonly Group[] | undefined;
  readonly #changed = new RowSet();
  /** The rows must all be put in order. */
  #isNew = true;
  /** Something was asked since the last window. */
  #isAsked = true;
  /** That of the names by which rows were found and put in order. */
  #namesVersion = 0;
  readonly #unwatch: () => void;

  constructor(table: Table, query: Query) {
    this.#table = table;
    this.#query = query;
    this.#unwatch = table.watch(row => this.#changed.add(row));
  }

  /** Whether a window that is read now may differ from the last one. */
  get hasChanged(): boolean {
    return this.#isAsked || this.#changed.size > 0 || this.#table.names.version !== this.#namesVersion;
  }

  /** Asks something else. Moving the window alone does not sort again. */
  ask(query: Query): void {
    const { filter, sort, descending, group } = this.#query;
    const isSameOrder =
      query.filter === filter && query.sort === sort && query.descending === descending && query.group === group;
    this.#query = query;
    this.#isNew ||= !isSameOrder;
    this.#isAsked = true;
  }

  /** Returns the rows of the window as they are now. */
  read(): Window {
    this.#update();
    this.#isAsked = false;
    const { offset: wanted, limit } = this.#query;
    const open = new Set(this.#query.open);
    const lines = this.#groups ? countLines(this.#groups, open) : this.#order.length;
    const offset = Math.max(0, Math.min(wanted, lines - 1));
    const rows = this.#groups
      ? this.#linesOf(this.#groups, open, offset, limit)
      : Array.from(this.#order.subarray(offset, offset + limit), row => this.#table.valuesOf(row));
    const counts = { total: this.#table.size, matched: this.#order.length, lines };
    const groups = this.#groups && { groups: this.#groups.length };
    return { ...counts, ...groups, offset, rows, problems: this.#problems };
  }

  #linesOf(groups: readonly Group[], open: ReadonlySet<string>, offset: number, limit: number): Line[] {
    return linesIn(groups, open, offset, limit).map(line => {
      if ('position' in line) return this.#table.valuesOf(this.#order[line.position] as number);
      const { value, count } = line.heading;
      const title = this.#table.names.of[this.#query.group ?? '']?.(value);
      return { key: `group ${value}`, heading: value, ...(title && { title }), count, isOpen: open.has(value) };
    });
  }

  /** Ends it. */
  close(): void {
    this.#unwatch();
  }

  #update(): void {
    this.#followNames();
    const filter = parseFilter(this.#query.filter, Object.keys(this.#table.columns));
    this.#problems = filter.problems;
    const matches = compileFilter(filter, this.#table);
    const exists = (row: number) => this.#table.keyOf(row) !== undefined;
    const compare = this.#comparison();
    if (this.#isNew || this.#changed.size > this.#table.size * MERGED_SHARE) {
      const order = this.#space(this.#table.size);
      let count = 0;
      this.#table.eachRow(row => {
        if (matches(row)) order[count++] = row;
      });
      this.#replace(order.subarray(0, count).sort(compare));
    } else if (this.#changed.size > 0) {
      const placed = this.#changed.rows.filter(row => exists(row) && matches(row)).sort(compare);
      const merged = this.#space(this.#order.length + placed.length);
      this.#replace(merged.subarray(0, merge(this.#order, this.#changed, placed, compare, merged)));
    }
    const column = this.#groupColumn;
    if (column === undefined) this.#groups = undefined;
    else if (this.#isNew || this.#changed.size > 0) this.#groups = groupsOf(this.#order, column);
    this.#isNew = false;
    this.#changed.clear();
  }

  /** Rows that have not changed may be found by another name, or be in another place. */
  #followNames(): void {
    const { of, version } = this.#table.names;
    if (version === this.#namesVersion) return;
    this.#namesVersion = version;
    const { filter, sort, group = '' } = this.#query;
    this.#isNew ||= filter !== '' || Object.hasOwn(of, sort) || Object.hasOwn(of, group);
  }

  /** Returns space for the next order. */
  #space(rows: number): Uint32Array<ArrayBuffer> {
    const bytes = rows * Uint32Array.BYTES_PER_ELEMENT;
    // With some room for rows to come.
    if (this.#spare.byteLength < bytes)
      this.#spare = new ArrayBuffer(Math.ceil(rows * 1.25) * Uint32Array.BYTES_PER_ELEMENT);
    return new Uint32Array(this.#spare);
  }

  #replace(order: Uint32Array<ArrayBuffer>): void {
    this.#spare = this.#order.buffer;
    this.#order = order;
  }

  get #groupColumn(): WordColumn | undefined {
    const column = this.#table.columns[this.#query.group ?? ''];
    return column instanceof WordColumn ? column : undefined;
  }

  /** Rows that are equal otherwise are in the order of their keys, so that they do not move. */
  #comparison(): (a: number, b: number) => number {
    const { sort, descending } = this.#query;
    const bySort = this.#comparisonBy(sort);
    const sign = descending ? -1 : 1;
    const byKey = (a: number, b: number) => {
      const one = this.#table.keyOf(a) ?? '';
      const other = this.#table.keyOf(b) ?? '';
      return one < other ? -1 : one > other ? 1 : 0;
    };
    const inGroup = bySort ? (a: number, b: number) => sign * bySort(a, b) || byKey(a, b) : byKey;
    const byGroup = this.#groupColumn && this.#comparisonBy(this.#query.group ?? '');
    return byGroup ? (a, b) => byGroup(a, b) || inGroup(a, b) : inGroup;
  }

  /** Compares by a column: words by what they are called. */
  #comparisonBy(name: string): ((a: number, b: number) => number) | undefined {
    const { columns, names } = this.#table;
    const column = columns[name];
    const nameOf = names.of[name];
    if (column === undefined || nameOf === undefined || !(column instanceof WordColumn))
      return column && ((a, b) => column.compare(a, b));
    const places = placesByName(column.words, nameOf);
    const placeOf = (row: number) => places[column.numberAt(row)] as number;
    return (a, b) => placeOf(a) - placeOf(b);
  }
}

/** Merges rows into those that are in order and have not changed. @returns how many there are. */
function merge(
  order: Uint32Array,
  changed: RowSet,
  placed: readonly number[],
  compare: (a: number, b: number) => number,
  merged: Uint32Array,
): number {
  let end = 0;
  // By its place: an iteration makes an object for each of a hundred thousand rows.
  for (let place = 0; place < order.length; place++) {
    const row = order[place] as number;
    if (!changed.has(row)) merged[end++] = row;
  }
  const count = end + placed.length;
  // From the last one on: those behind it are moved once, to where they stay.
  for (let before = placed.length - 1; before >= 0; before--) {
    const row = placed[before] as number;
    const place = placeOf(row, merged, end, compare);
    merged.copyWithin(place + before + 1, place, end);
    merged[place + before] = row;
    end = place;
  }
  return count;
}

/** Returns the place in the first rows of an order, up to `end`, before which a row belongs. */
function placeOf(row: number, order: Uint32Array, end: number, compare: (a: number, b: number) => number): number {
  let [low, high] = [0, end];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(row, order[middle] as number) < 0) high = middle;
    else low = middle + 1;
  }
  return low;
}
