/** Makes the text of one reading: a table, and what is to be said about it. */
import { formatTable, printable } from '../table.ts';
import { columnsFor, type Row, type SortKey, sorted } from './columns.ts';

/** One reading of all tasks. */
export interface Picture {
  readonly rows: readonly Row[];
  /** How the rows are sorted; undefined: as they are. */
  readonly sort: SortKey | undefined;
  /** Sentences about what is missing. */
  readonly problems: readonly string[];
  /** Sentences that explain numbers. */
  readonly notes: readonly string[];
}

/** Returns the whole table. @param width of the terminal; undefined: nothing is cut. */
export function tableOf({ rows, sort }: Picture, width: number | undefined): string {
  const all = sort === undefined ? rows : sorted(rows, sort);
  return formatTable(columnsFor(rows, width), all, width);
}

/**
 * Returns the lines that fit on a terminal. When there is no room for all tasks, and no order is asked for, those that
 * use most CPU time are shown.
 *
 * @param width 0 when it is unknown: then nothing is cut.
 * @param height 0 when it is unknown.
 */
export function linesFor(picture: Picture, width: number, height: number): string[] {
  const { rows, sort } = picture;
  const notes = notesOf(picture);
  const space = Math.max(1, (height || Number.POSITIVE_INFINITY) - 1 - notes.length);
  const fits = rows.length <= space;
  const key = sort ?? (fits ? undefined : 'cpu');
  const all = key === undefined ? rows : sorted(rows, key);
  const room = fits ? rows.length : Math.max(1, space - 1);
  // The columns are those of all rows, so that they stay where they are when others are shown.
  const table = formatTable(columnsFor(rows, width), all.slice(0, room), width);
  const more = fits ? [] : [`${room} of ${rows.length} tasks: ${words[key ?? 'cpu']}`];
  const below = [...more, ...notes].map(note => cut(printable(note), width));
  return [...table.trimEnd().split('\n'), ...below].slice(0, height || undefined);
}

/** Returns all sentences about a reading. */
export function notesOf({ rows, problems, notes }: Picture): string[] {
  return [...(rows.length === 0 ? ['No task is running'] : []), ...problems, ...notes];
}

const words: Readonly<Record<SortKey, string>> = {
  cpu: 'those that use most CPU time',
  mem: 'those that use most memory',
  disk: 'those that use most disk',
  net: 'those with most network traffic',
};

function cut(text: string, width: number): string {
  return width && text.length > width ? `${text.slice(0, width - 1)}…` : text;
}

/** Returns a sentence for each container that several of the rows share, because the numbers are of all together. */
export function sharedContainers(rows: readonly Row[]): string[] {
  const groups = Map.groupBy(
    rows.filter(({ container }) => container !== undefined),
    ({ container, task }) => `${task.agent_id.value}/${container?.containerId}`,
  );
  return [...groups.values()]
    .filter(group => group.length > 1)
    .map(([row, ...others]) => {
      const ids = [row, ...others].map(each => each?.task.task_id.value ?? '');
      const listed = ids.length > 3 ? `${ids.slice(0, 3).join(', ')} and ${ids.length - 3} more` : ids.join(', ');
      return `One container of executor ${row?.container?.executorId} has ${listed}: the numbers are for all of them`;
    });
}

/** A row for programs: the ids, the agent's own numbers, and what follows from two readings. */
export function jsonRow({ task, container, use }: Row): object {
  const { name, task_id, framework_id, agent_id, executor_id, state } = task;
  const { cpus, throttled } = use;
  return {
    ...{ task_id, framework_id, agent_id },
    ...(executor_id?.value && { executor_id }),
    ...{ name, state },
    ...(container && { container_id: { value: container.containerId } }),
    ...(cpus !== undefined && { cpus_used: round(cpus) }),
    ...(throttled !== undefined && { cpus_throttled_share: round(throttled) }),
    ...(container?.statistics && { resource_statistics: container.statistics }),
  };
}

const round = (value: number) => Math.round(value * 10_000) / 10_000;
