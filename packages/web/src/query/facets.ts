import { WordColumn } from '../store/columns.ts';
import type { Table } from '../store/table.ts';
import { type Condition, compileFilter, isValue, parseFilter } from './filter.ts';
import { chosenValues } from './filter-tokens.ts';

/** A value of a column, and how many rows have it. */
export interface FacetValue {
  /** Empty: the row has none. */
  readonly value: string;
  readonly count: number;
}

/** The values of one column, those of most rows first. */
export interface Facet {
  readonly column: string;
  readonly values: readonly FacetValue[];
  /** How many values there are besides. */
  readonly more: number;
}

/** Values of one column that are shown, and chosen ones besides. */
const SHOWN = 8;

/**
 * Counts the rows that match a filter by the values of some columns. For a column from which the filter chooses values, those count,
 * too, that it does not choose: they say what would come with them.
 *
 * @param columns of words; others are left out.
 */
export function facetsOf(table: Table, filter: string, columns: readonly string[]): Facet[] {
  const { conditions } = parseFilter(filter, Object.keys(table.columns));
  const isChoice = (condition: Condition, name: string) =>
    condition.field === name && condition.isExact && !condition.negated;
  const counts = new Map<string, Uint32Array>();
  const together = columns.filter(name => !conditions.some(each => isChoice(each, name)));
  count(table, conditions, together, counts);
  for (const name of columns) {
    if (together.includes(name)) continue;
    const others = conditions.filter(each => !isChoice(each, name));
    count(table, others, [name], counts);
  }
  return columns.flatMap(name => {
    const [column, numbers] = [table.columns[name], counts.get(name)];
    if (!(column instanceof WordColumn) || numbers === undefined) return [];
    return [facetOf(name, countsByItem(column, numbers), chosenValues(filter, name))];
  });
}

/** Counts the rows for which conditions hold, by the numbers of the words that they have in columns. */
function count(
  table: Table,
  conditions: readonly Condition[],
  names: readonly string[],
  counts: Map<string, Uint32Array>,
): void {
  const columns = names.flatMap(name => {
    const column = table.columns[name];
    return column instanceof WordColumn ? [{ name, column }] : [];
  });
  if (conditions.length === 0) {
    for (const { name, column } of columns) counts.set(name, column.countAll(table.size));
    return;
  }
  const matches = compileFilter({ conditions }, table);
  const rows = new Uint32Array(table.size);
  let matching = 0;
  table.eachRow(row => {
    if (matches(row)) rows[matching++] = row;
  });
  for (const { name, column } of columns) counts.set(name, column.count(rows.subarray(0, matching)));
}

function countsByItem(column: WordColumn, numbers: Uint32Array): Map<string, number> {
  const counts = new Map<string, number>();
  numbers.forEach((rows, number) => {
    if (rows === 0) return;
    const items = number === 0 ? [''] : column.itemsOf(number);
    for (const item of new Set(items)) counts.set(item, (counts.get(item) ?? 0) + rows);
  });
  return counts;
}

function facetOf(column: string, counts: ReadonlyMap<string, number>, chosen: readonly string[]): Facet {
  const all = [...counts].map(([value, count]) => ({ value, count })).sort(byCount);
  const missing = chosen.filter(each => !all.some(({ value }) => isValue(value, each)));
  const isChosen = ({ value }: FacetValue) => chosen.some(each => isValue(value, each));
  const shown = all.filter((each, place) => place < SHOWN || isChosen(each));
  const values = [...shown, ...missing.map(value => ({ value, count: 0 }))];
  return { column, values, more: all.length - shown.length };
}

function byCount(a: FacetValue, b: FacetValue): number {
  return b.count - a.count || (a.value < b.value ? -1 : 1);
}
