import type { Column } from './columns.ts';
import { type Names, nameField, noNames } from './names.ts';

/** A row as it is shown: its key, and its values by column. */
export interface Row {
  readonly key: string;
  readonly [column: string]: string | number;
}

const FIRST_CAPACITY = 64;

/**
 * Rows by key. Each row has a number, by which columns find its values, and keeps it while it exists. The number of a removed row is
 * used again. Watchers are notified of each row that changes.
 */
export class Table<C extends Readonly<Record<string, Column>> = Readonly<Record<string, Column>>> {
  readonly columns: C;
  /** What words of its columns are called besides. */
  readonly names: Names;
  readonly #columns: readonly Column[];
  /** The columns whose words are called something besides, and where rows show that. */
  readonly #named: readonly { readonly column: string; readonly field: string; nameOf(word: string): string }[];
  /** What has all properties of a row as it is shown: a copy of it takes less memory than an object that gets them one by one. */
  readonly #blank: Row;
  /** Keys by row; undefined: there is no such row. */
  readonly #keys: (string | undefined)[] = [];
  readonly #rows = new Map<string, number>();
  readonly #free: number[] = [];
  /** Replaced when one comes or goes: an iteration over a list leaves no garbage. */
  #watchers: readonly ((row: number) => void)[] = [];
  #capacity = 0;

  constructor(columns: C, names: Names = noNames) {
    this.columns = columns;
    this.names = names;
    this.#columns = Object.values(columns);
    this.#named = Object.entries(names.of).map(([column, nameOf]) => ({ column, field: nameField(column), nameOf }));
    const fields = ['key', ...Object.keys(columns), ...this.#named.map(({ field }) => field)];
    this.#blank = Object.fromEntries(fields.map(name => [name, ''])) as Row;
  }

  /** The number of rows. */
  get size(): number {
    return this.#rows.size;
  }

  /** A number above that of every row. */
  get end(): number {
    return this.#keys.length;
  }

  /** Returns the row of a key; undefined: there is none. */
  rowOf(key: string): number | undefined {
    return this.#rows.get(key);
  }

  /** Returns the key of a row; undefined: there is no such row. */
  keyOf(row: number): string | undefined {
    return this.#keys[row];
  }

  /** Returns what a row shows. */
  valuesOf(row: number): Row {
    const values: Record<string, string | number> & { key: string } = { ...this.#blank };
    values.key = this.#keys[row] ?? '';
    for (const name in this.columns) values[name] = (this.columns[name] as Column).valueOf(row);
    for (const { column, field, nameOf } of this.#named) values[field] = nameOf(String(values[column]));
    return values;
  }

  /** The keys of all rows. */
  keys(): Iterable<string> {
    return this.#rows.keys();
  }

  /** Every row, in no order. */
  rows(): Iterable<number> {
    return this.#rows.values();
  }

  /** Calls `visit` with every row. Unlike an iteration over {@link rows}, which makes an object for each row, it leaves no garbage. */
  eachRow(visit: (row: number) => void): void {
    for (let row = 0; row < this.#keys.length; row++) if (this.#keys[row] !== undefined) visit(row);
  }

  /** Returns the row of a key, a new one where there is none. Fill its columns, then call {@link changed}. */
  obtain(key: string): number {
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const row = this.#free.pop() ?? this.#keys.length;
    this.#keys[row] = key;
    this.#rows.set(key, row);
    if (row >= this.#capacity) this.#grow();
    return row;
  }

  /** Removes the row of a key. @returns its number; undefined: there was none. */
  remove(key: string): number | undefined {
    const row = this.#rows.get(key);
    if (row === undefined) return undefined;
    this.#rows.delete(key);
    this.#keys[row] = undefined;
    for (const column of this.#columns) column.clear(row);
    this.#free.push(row);
    this.changed(row);
    return row;
  }

  /** Tells the views that a row is new, has other values, or is gone. */
  changed(row: number): void {
    for (const watcher of this.#watchers) watcher(row);
  }

  /** Calls `watcher` with every row that changes. @returns a function that ends this. */
  watch(watcher: (row: number) => void): () => void {
    this.#watchers = [...this.#watchers, watcher];
    return () => {
      this.#watchers = this.#watchers.filter(each => each !== watcher);
    };
  }

  #grow(): void {
    this.#capacity = Math.max(FIRST_CAPACITY, this.#capacity * 2);
    for (const column of this.#columns) column.grow(this.#capacity);
  }
}
