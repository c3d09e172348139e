/** The parameters of the addresses of tables: `#/tasks?filter=state:failed&sort=updated&desc=true`. */
import type { Sorting } from '../ui/data-table.tsx';

/** What the address of a table may say; what is left out has its default. */
export interface TableSearch {
  readonly filter?: string;
  readonly sort?: string;
  readonly desc?: boolean;
}

/** Reads the parameters; those that are malformed are ignored. */
export function tableSearch(raw: Readonly<Record<string, unknown>>): TableSearch {
  const { filter, sort, desc } = raw;
  return {
    // The router reads values as JSON: `filter=7` is a number.
    ...(filter !== undefined && filter !== '' && { filter: String(filter) }),
    ...(typeof sort === 'string' && sort !== '' && { sort }),
    ...(typeof desc === 'boolean' && { desc }),
  };
}

/** Returns the order that an address asks for, if there is such a column. */
export function sortingOf(search: TableSearch, columns: readonly { readonly name: string }[], usual: Sorting): Sorting {
  if (!columns.some(({ name }) => name === search.sort)) return usual;
  return { sort: search.sort ?? usual.sort, descending: search.desc ?? false };
}
