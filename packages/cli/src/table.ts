import { styleText } from 'node:util';

export interface Column<T> {
  readonly header: string;
  value(row: T): string;
  readonly align?: 'right';
  /** May be cut, with an ellipsis, when the terminal is too narrow: at its end, or at its start as ids are. */
  readonly shrinks?: 'end' | 'start';
}

const gap = '  ';
const leastWidth = 8;

/**
 * Rows as aligned text.
 *
 * @param width of the terminal in columns; undefined where the output is none: nothing is cut then.
 */
export function formatTable<T>(columns: readonly Column<T>[], rows: readonly T[], width?: number): string {
  const cells = [
    columns.map(({ header }) => header),
    ...rows.map(row => columns.map(column => printable(column.value(row)))),
  ];
  const widths = columns.map((_, index) => Math.max(...cells.map(line => line[index]?.length ?? 0)));
  if (width !== undefined) shrink(columns, widths, width);
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

/** Colours text when standard output is a terminal that wants it. */
export function style(
  format: Parameters<typeof styleText>[0],
  text: string,
  stream: NodeJS.WriteStream = process.stdout,
): string {
  return styleText(format, text, { stream });
}

/** Control characters in names must not reach the terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd');
}

/** Takes the excess from the widest columns that may shrink. */
function shrink<T>(columns: readonly Column<T>[], widths: number[], width: number): void {
  const total = () => widths.reduce((sum, each) => sum + each, 0) + gap.length * (widths.length - 1);
  while (total() > width) {
    const candidates = widths.map((each, index) => (columns[index]?.shrinks && each > leastWidth ? each : 0));
    const widest = Math.max(...candidates);
    if (widest === 0) return;
    const index = candidates.indexOf(widest);
    widths[index] = Math.max(leastWidth, widest - (total() - width), Math.floor(widest * 0.9));
  }
}

function fit<T>(cell: string, width: number, column: Column<T> | undefined): string {
  const text = cut(cell, width, column?.shrinks ?? 'end');
  return column?.align === 'right' ? text.padStart(width) : text.padEnd(width);
}

function cut(text: string, width: number, where: 'end' | 'start'): string {
  if (text.length <= width) return text;
  return where === 'end' ? `${text.slice(0, width - 1)}…` : `…${text.slice(1 - width)}`;
}
