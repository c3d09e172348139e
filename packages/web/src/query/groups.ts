/** Rows in groups of which each has a heading; the rows of a group are lines only while it is open. Pure. */
import type { WordColumn } from '../store/columns.ts';

/** The rows with one value. */
export interface Group {
  readonly value: string;
  /** The position of its first row among all rows. */
  readonly first: number;
  readonly count: number;
}

/** One line of a table: the heading of a group, or a row by its position among all rows. */
export type LinePlace = { readonly heading: Group } | { readonly position: number };

/** Returns the groups of rows that are in the order of a column. */
export function groupsOf(order: ArrayLike<number>, column: WordColumn): Group[] {
  const groups: Group[] = [];
  let first = 0;
  for (let at = 1; at <= order.length; at++) {
    const row = order[first] as number;
    if (at < order.length && column.numberAt(order[at] as number) === column.numberAt(row)) continue;
    groups.push({ value: column.valueOf(row), first, count: at - first });
    first = at;
  }
  return groups;
}

/** Returns how many lines groups have. */
export function countLines(groups: readonly Group[], open: ReadonlySet<string>): number {
  return groups.reduce((sum, { value, count }) => sum + 1 + (open.has(value) ? count : 0), 0);
}

/** Returns a part of the lines of groups. */
export function linesIn(
  groups: readonly Group[],
  open: ReadonlySet<string>,
  offset: number,
  limit: number,
): readonly LinePlace[] {
  const lines: LinePlace[] = [];
  let line = 0;
  for (const heading of groups) {
    if (line >= offset + limit) break;
    if (line >= offset) lines.push({ heading });
    const rows = open.has(heading.value) ? heading.count : 0;
    const from = Math.max(0, offset - line - 1);
    const to = Math.min(rows, offset + limit - line - 1);
    for (let row = from; row < to; row++) lines.push({ position: heading.first + row });
    line += 1 + rows;
  }
  return lines;
}
