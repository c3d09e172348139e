/** The parameters of the addresses of tables: `#/tasks?filter=state:failed&sort=updated&desc=true&group=role&open=["web"]`. */
import type { FilterProblem } from '../query/filter.ts';
import type { Sorting } from '../ui/data-table.tsx';

/** What the address of a table may say; what is left out has its default. */
export interface TableSearch {
  readonly filter?: string;
  readonly sort?: string;
  readonly desc?: boolean;
  /** The column by which rows are grouped. */
  readonly group?: string;
  /** The groups whose rows are shown. */
  readonly open?: readonly string[];
}

/** How many groups an address may open. */
const MAX_OPEN = 50;

/** Reads the parameters; those that are malformed are left out. */
export function tableSearch(raw: Readonly<Record<string, unknown>>): TableSearch {
  const { filter, sort, desc, group, open } = raw;
  return {
    // The router reads values as JSON: `filter=7` is a number.
    ...(filter !== undefined && filter !== '' && { filter: String(filter) }),
    ...(typeof sort === 'string' && sort !== '' && { sort }),
    ...(typeof desc === 'boolean' && { desc }),
    ...(typeof group === 'string' && group !== '' && { group }),
    ...(Array.isArray(open) && open.length > 0 && { open: open.slice(0, MAX_OPEN).map(String) }),
  };
}

/** What a table can be asked for. */
export interface Choices {
  /** The columns that it sorts by. */
  readonly columns: readonly { readonly name: string }[];
  /** Titles of the columns that it groups by, by their names. */
  readonly groups: Readonly<Record<string, string>>;
}

/** Returns what an address asks of a table that it does not have. It is left out, and the page says so. */
export function searchProblems(raw: Readonly<Record<string, unknown>>, { columns, groups }: Choices): FilterProblem[] {
  const names = columns.map(({ name }) => name);
  const known = Object.keys(groups);
  const problems: FilterProblem[] = [];
  const check = (name: keyof TableSearch, isGood: boolean, reason: string) => {
    if (raw[name] !== undefined && raw[name] !== '' && !isGood) {
      const value = typeof raw[name] === 'string' ? raw[name] : JSON.stringify(raw[name]);
      problems.push({ text: `${name}=${value}`, reason });
    }
  };
  const fixed = 'These rows have one order.';
  const ungrouped = 'These rows are not in groups.';
  check(
    'sort',
    names.includes(raw.sort as string),
    names.length ? `There are the columns ${names.join(', ')}.` : fixed,
  );
  check('desc', names.length > 0 && typeof raw.desc === 'boolean', names.length ? 'It is true or false.' : fixed);
  const groupWords = `Rows can be grouped by ${known.join(', ')}.`;
  check('group', known.includes(raw.group as string), known.length ? groupWords : ungrouped);
  check(
    'open',
    known.length > 0 && Array.isArray(raw.open),
    known.length ? 'It is a list, such as ["web"].' : ungrouped,
  );
  return problems;
}

/** Returns the order that an address asks for, if there is such a column. */
export function sortingOf(
  search: TableSearch,
  columns: readonly { readonly name: string; readonly isUnsorted?: boolean }[],
  usual: Sorting,
): Sorting {
  if (!columns.some(({ name, isUnsorted }) => name === search.sort && !isUnsorted)) return usual;
  return { sort: search.sort ?? usual.sort, descending: search.desc ?? false };
}

/** Returns the address when one group was opened or closed. */
export function withGroupToggled(search: TableSearch, value: string): TableSearch {
  const { open = [], ...rest } = search;
  const next = open.includes(value) ? open.filter(each => each !== value) : [...open, value].slice(-MAX_OPEN);
  return next.length > 0 ? { ...rest, open: next } : rest;
}
