// biome-ignore-all lint/a11y/useSemanticElements: a <tr> that is placed by itself is no row of a table to browsers
// biome-ignore-all lint/a11y/useFocusableInteractive: cells are read, not operated
import { memo, type ReactNode } from 'react';
import type { Row } from '../store/table.ts';

/** A column of a table on a page. */
export interface ColumnSpec {
  /** The column of the store that it sorts by. */
  readonly name: string;
  readonly title: string;
  /** A track of a CSS grid: `minmax(12ch, 2fr)`. */
  readonly width: string;
  readonly align?: 'end';
  /** Whether it has no order, such as buttons. Default: rows can be sorted by it. */
  readonly isUnsorted?: boolean;
  /**
   * Shows a value. It is called for many rows in each frame.
   *
   * @param nowMs the time, which changes every minute.
   */
  render(row: Row, nowMs: number): ReactNode;
  /** Returns all of a text that may be too long for its column. Default: nothing. */
  titleOf?(row: Row): string;
}

/** The height of each row, in pixels. */
export const ROW_HEIGHT = 36;

interface BodyRowProps {
  readonly index: number;
  readonly columns: readonly ColumnSpec[];
  /** Undefined: it is not known yet. */
  readonly row: Row | undefined;
  readonly nowMs: number;
}

/** One row, which is made again only when something in it has changed: windows come with other objects of the same values. */
export const BodyRow = memo(function BodyRow({ index, columns, row, nowMs }: BodyRowProps) {
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      data-index={index}
      tabIndex={-1}
      className="table-row"
      style={{ insetBlockStart: index * ROW_HEIGHT }}
    >
      {columns.map(column => (
        <div key={column.name} role="cell" data-align={column.align} title={row && column.titleOf?.(row)}>
          {row ? column.render(row, nowMs) : '…'}
        </div>
      ))}
    </div>
  );
}, isSame);

function isSame(one: BodyRowProps, other: BodyRowProps): boolean {
  return (
    one.index === other.index &&
    one.columns === other.columns &&
    one.nowMs === other.nowMs &&
    hasSameValues(one.row, other.row)
  );
}

function hasSameValues(one: Row | undefined, other: Row | undefined): boolean {
  if (one === other) return true;
  if (one === undefined || other === undefined) return false;
  for (const column in one) if (!Object.is(one[column], other[column])) return false;
  return true;
}
