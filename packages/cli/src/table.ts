import { styleText } from 'node:util';

/** A column of a table. */
export interface Column<T> {
  readonly header: string;
  value(row: T): string;
  readonly align?: 'right';
  /** The least width, for a table that is printed again with other values. */
  readonly least?: number;
  /**
   * How values are cut, with an ellipsis, when the terminal is too narrow: at the end, or in the middle as for ids,
   * which users may give by their beginning or their end.
   */
  readonly shrinks?: 'end' | 'middle';
  /** The column is left out when the terminal is too narrow even after values are cut; the last such column first. */
  readonly optional?: boolean;
}

const gap = '  ';
const leastWidth = 12;

/**
 * Formats rows as aligned text.
 *
 * @param width of the terminal in columns. Undefined when the output is not a terminal, and 0 when its width is
 * unknown: then nothing is cut.
 */
export function formatTable<T>(columns: readonly Column<T>[], rows: readonly T[], width?: number): string {
  const cells = [
    columns.map(({ header }) => header),
    ...rows.map(row => columns.map(column => printable(column.value(row)))),
  ];
  const widths = columns.map(({ least = 0 }, index) =>
    cells.reduce((most, line) => Math.max(most, line[index]?.length ?? 0), least),
  );
  if (!width) return print(columns, cells, widths);
  const shrunk = shrink(columns, widths, width);
  const left = columns.findLastIndex(({ optional }) => optional);
  if (total(shrunk) > width && left >= 0) return formatTable(columns.toSpliced(left, 1), rows, width);
  return print(columns, cells, shrunk, width);
}

function print<T>(
  columns: readonly Column<T>[],
  cells: readonly (readonly string[])[],
  widths: readonly number[],
  width?: number,
): string {
  const lines = cells
    .map(line =>
      line
        .map((cell, index) => fit(cell, widths[index] ?? 0, columns[index]))
        .join(gap)
        .trimEnd(),
    )
    .map(line => (width === undefined ? line : cut(line, width, 'end')));
  const [head = '', ...body] = lines;
  return [style('bold', head), ...body].map(line => `${line}\n`).join('');
}

/** Colours a text when the stream is a terminal that supports colours. */
export function style(
  format: Parameters<typeof styleText>[0],
  text: string,
  stream: NodeJS.WriteStream = process.stdout,
): string {
  return styleText(format, text, { stream });
}

/** Replaces control characters, which must not reach the terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd');
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, each) => sum + each, 0) + gap.length * (widths.length - 1);
}

/** Reduces the widest columns that may be cut. */
function shrink<T>(columns: readonly Column<T>[], given: readonly number[], width: number): number[] {
  const widths = [...given];
  while (total(widths) > width) {
    const candidates = widths.map((each, index) => (columns[index]?.shrinks && each > leastWidth ? each : 0));
    const widest = Math.max(...candidates);
    if (widest === 0) break;
    const index = candidates.indexOf(widest);
    widths[index] = Math.max(leastWidth, widest - (total(widths) - width), Math.floor(widest * 0.9));
  }
  return widths;
}

function fit<T>(cell: string, width: number, column: Column<T> | undefined): string {
  const text = cut(cell, width, column?.shrinks ?? 'end');
  return column?.align === 'right' ? text.padStart(width) : text.padEnd(width);
}

function cut(text: string, width: number, where: 'end' | 'middle'): string {
  if (text.length <= width) return text;
  if (where === 'end') return `${text.slice(0, width - 1)}…`;
  const tail = Math.ceil((width - 1) / 2);
  return `${text.slice(0, width - 1 - tail)}…${text.slice(text.length - tail)}`;
}
