/** Prints lists of agents, frameworks, tasks and files. */
import { UsageError } from './command.ts';
import { clusterOptions } from './master-option.ts';
import type { Option } from './option.ts';
import { write } from './output.ts';
import { type Column, formatTable, printable } from './table.ts';

const formats = ['table', 'json', 'jsonl'] as const;

/** How rows are printed. */
export type RowFormat = (typeof formats)[number];

/** The options of every command that prints a list. */
export const listOptions = {
  ...clusterOptions,
  format: {
    type: 'string',
    value: 'FORMAT',
    choices: formats,
    help: `${formats.slice(0, -1).join(', ')} or ${formats.at(-1)} (an object a line)`,
  },
  quiet: { type: 'boolean', short: 'q', help: 'Print ids only, one a line' },
} as const satisfies Record<string, Option>;

/** The values of these options. */
export interface ListStyle {
  readonly json?: boolean | undefined;
  readonly format?: string | undefined;
  readonly quiet?: boolean | undefined;
}

/** A list. In JSON, its rows are printed unchanged: they are the daemon's messages. */
export interface List<T> {
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  idOf(row: T): string;
}

/**
 * Prints a list.
 *
 * @throws {UsageError} for an unknown format, or contradictory options.
 */
export function printList<T>({ columns, rows, idOf }: List<T>, style: ListStyle): void {
  const format = formatOf(style);
  const text = {
    ids: () => rows.map(row => `${printable(idOf(row))}\n`).join(''),
    json: () => `${JSON.stringify(rows, null, 2)}\n`,
    jsonl: () => rows.map(row => `${JSON.stringify(row)}\n`).join(''),
    table: () => formatTable(columns, rows, process.stdout.isTTY ? process.stdout.columns : undefined),
  }[format]();
  void write('stdout', text);
}

/** Returns the requested format. @throws {UsageError} */
export function formatOf({ json, format, quiet }: ListStyle): RowFormat | 'ids' {
  if (quiet && (json || format !== undefined)) throw new UsageError('Give either --quiet or a format, not both');
  return quiet ? 'ids' : rowFormatOf({ json, format });
}

/** Returns the requested format of rows. @throws {UsageError} */
export function rowFormatOf({ json, format }: Omit<ListStyle, 'quiet'>): RowFormat {
  const known = formats.find(each => each === format);
  if (json && known && known !== 'json') throw new UsageError(`Give either --json or --format=${known}, not both`);
  return json ? 'json' : (known ?? 'table');
}
