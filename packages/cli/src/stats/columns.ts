/** The table of what tasks use. */
import type { Task } from '@meseta/protocol';
import type { Column } from '../table.ts';
import type { ContainerReading } from './container-readings.ts';
import { formatBytes, formatPercent } from './format.ts';
import type { Use } from './use.ts';

/** A task, its container, and what that uses. */
export interface Row {
  readonly task: Task;
  /** Undefined while there is none, or the agent does not tell. */
  readonly container: ContainerReading | undefined;
  readonly use: Use;
}

const unknown = '-';

type Format = (value: number) => string;

const shown = (value: number | undefined, format: Format) => (value === undefined ? unknown : format(value));

/** Formats two values that belong together, `1MiB / 32MiB`; one `-` when both are unknown. */
const both = (one: number | undefined, other: number | undefined, format: Format) =>
  one === undefined && other === undefined ? unknown : `${shown(one, format)} / ${shown(other, format)}`;

const share = (used: number | undefined, limit: number | undefined) =>
  used === undefined || !limit ? undefined : used / limit;

/** Widths are those of common values, so that columns do not move from one reading to the next. */
const ofUse = (header: string, least: number, value: (use: Use) => string): Column<Row> => ({
  header,
  value: ({ use }) => value(use),
  align: 'right',
  least,
  optional: true,
});

const name: Column<Row> = { header: 'NAME', value: ({ task }) => task.name, shrinks: 'end', optional: true };

const columns: readonly Column<Row>[] = [
  { header: 'ID', value: ({ task }) => task.task_id.value, shrinks: 'middle' },
  name,
  { ...ofUse('CPU %', 6, ({ cpus }) => shown(cpus, formatPercent)), optional: false },
  ofUse('MEM / LIMIT', 17, ({ memoryBytes, memoryLimitBytes }) => both(memoryBytes, memoryLimitBytes, formatBytes)),
  ofUse('MEM %', 6, ({ memoryBytes, memoryLimitBytes }) => shown(share(memoryBytes, memoryLimitBytes), formatPercent)),
  ofUse('CACHE', 7, ({ cacheBytes }) => shown(cacheBytes, formatBytes)),
  ofUse('DISK / LIMIT', 15, ({ diskBytes, diskLimitBytes }) => both(diskBytes, diskLimitBytes, formatBytes)),
  ofUse('NET IN / OUT', 15, ({ receivedBytes, sentBytes }) => both(receivedBytes, sentBytes, formatBytes)),
  ofUse('PROCS', 5, ({ processes }) => shown(processes, String)),
  ofUse('CPUS', 4, ({ cpusAllowed }) => shown(cpusAllowed, cpus => String(Math.round(cpus * 1000) / 1000))),
  ofUse('THROTTLED', 9, ({ throttled }) => shown(throttled, formatPercent)),
  ofUse('RSS', 7, ({ rssBytes }) => shown(rssBytes, formatBytes)),
  ofUse('READ / WRITTEN', 15, ({ readBytes, writtenBytes }) => both(readBytes, writtenBytes, formatBytes)),
];

/**
 * Returns the columns of a table. The names of tasks are left out when their ids begin with them.
 *
 * @param width of the terminal. In a narrow one, columns that are unknown for all tasks are left out first.
 */
export function columnsFor(rows: readonly Row[], width: number | undefined): Column<Row>[] {
  const named = rows.some(({ task }) => !task.task_id.value.startsWith(task.name));
  const all = columns.filter(column => column !== name || named);
  if (!width || widthOf(all, rows) <= width) return all;
  return all.filter(column => !column.optional || rows.length === 0 || rows.some(row => column.value(row) !== unknown));
}

function widthOf(all: readonly Column<Row>[], rows: readonly Row[]): number {
  const widths = all.map(({ header, least = 0, value }) =>
    rows.reduce((most, row) => Math.max(most, value(row).length), Math.max(header.length, least)),
  );
  return widths.reduce((sum, each) => sum + each + 2, -2);
}

/** The columns by which rows can be sorted, the greatest first. */
export const sortKeys = {
  cpu: ({ cpus }: Use) => cpus,
  mem: ({ memoryBytes }: Use) => memoryBytes,
  disk: ({ diskBytes }: Use) => diskBytes,
  net: ({ receivedBytes = 0, sentBytes = 0 }: Use) => receivedBytes + sentBytes,
} as const satisfies Record<string, (use: Use) => number | undefined>;

/** A name of a column to sort by. */
export type SortKey = keyof typeof sortKeys;

/** Sorts rows by a column, the greatest first and the unknown last. */
export function sorted(rows: readonly Row[], key: SortKey): Row[] {
  const value = ({ use }: Row) => sortKeys[key](use) ?? -1;
  return rows.toSorted((one, other) => value(other) - value(one));
}
