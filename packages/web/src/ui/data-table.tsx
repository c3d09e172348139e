// biome-ignore-all lint/a11y/useSemanticElements: a <tr> that is placed by itself is no row of a table to browsers
// biome-ignore-all lint/a11y/useFocusableInteractive: cells are read, not operated
import { useVirtualizer } from '@tanstack/react-virtual';
import { type CSSProperties, type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import { type Heading, isHeading, type Line } from '../query/view.ts';
import type { Row } from '../store/table.ts';
import { useRowKeys } from './row-keys.ts';

/** A column of a table on a page. */
export interface ColumnSpec {
  /** The column of the store that it sorts by. */
  readonly name: string;
  readonly title: string;
  /** A track of a CSS grid: `minmax(12ch, 2fr)`. */
  readonly width: string;
  readonly align?: 'end';
  render(row: Row): ReactNode;
}

/** The lines of a table that are known, of all that there are. */
export interface RowWindow {
  readonly lines: number;
  readonly offset: number;
  readonly rows: readonly Line[];
}

/** By which column rows are sorted. */
export interface Sorting {
  readonly sort: string;
  readonly descending: boolean;
}

const ROW_HEIGHT = 36;
/** Rows above and below what is seen that are there already. */
const OVERSCAN = 12;

/** Rows that are asked for before a table knows how many it has room for. */
const FIRST_ROWS = 60;

/** Keeps which rows of a table should be known. */
export function useRange(): [
  { readonly offset: number; readonly limit: number },
  (offset: number, limit: number) => void,
] {
  const [range, setRange] = useState({ offset: 0, limit: FIRST_ROWS });
  const onRange = useCallback((offset: number, limit: number) => setRange({ offset, limit }), []);
  return [range, onRange];
}

/**
 * A table of any number of rows, of which only those that are seen exist in the page. The others are asked for when they come near.
 */
export function DataTable(props: {
  /** What the rows are, for those who do not see the table: `Tasks`. */
  readonly label: string;
  readonly columns: readonly ColumnSpec[];
  readonly window: RowWindow;
  readonly sorting: Sorting;
  readonly onSort: (sorting: Sorting) => void;
  /** Called with the rows that should be known. */
  readonly onRange: (offset: number, limit: number) => void;
  /** Called with the group whose heading was pressed. Default: there are no groups. */
  readonly onGroup?: (value: string) => void;
  /** How the heading of a group is shown. Default: by its value. */
  readonly groupTitle?: (value: string) => ReactNode;
}) {
  const { label, columns, window, sorting, onSort, onRange } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: window.lines,
    estimateSize: () => ROW_HEIGHT,
    getScrollElement: () => scroller.current,
    overscan: OVERSCAN,
  });
  const items = virtualizer.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const limit = (items.at(-1)?.index ?? 0) - first + 1;
  useEffect(() => onRange(first, limit), [first, limit, onRange]);
  const onKeyDown = useRowKeys(scroller, window.lines, index => virtualizer.scrollToIndex(index));
  const style = { '--columns': columns.map(({ width }) => width).join(' ') } as CSSProperties;
  return (
    <div
      className="table-scroller"
      ref={scroller}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keyboard
      tabIndex={0}
      role="group"
      aria-label={`${label}, scrollable`}
      onKeyDown={onKeyDown}
    >
      <div role="table" aria-label={label} aria-rowcount={window.lines + 1} className="table" style={style}>
        <div role="rowgroup" className="table-head">
          <div role="row" aria-rowindex={1} className="table-row">
            {columns.map(column => (
              <HeadCell key={column.name} column={column} sorting={sorting} onSort={onSort} />
            ))}
          </div>
        </div>
        <div role="rowgroup" className="table-body" style={{ blockSize: virtualizer.getTotalSize() }}>
          {items.map(({ index, start }) => {
            const line = window.rows[index - window.offset];
            return line && isHeading(line) ? (
              <GroupRow key={index} index={index} top={start} heading={line} {...props} />
            ) : (
              <BodyRow key={index} index={index} top={start} columns={columns} row={line} />
            );
          })}
        </div>
      </div>
    </div>
  );
}

function HeadCell(props: {
  readonly column: ColumnSpec;
  readonly sorting: Sorting;
  readonly onSort: (sorting: Sorting) => void;
}) {
  const { name, title, align } = props.column;
  const isSorted = props.sorting.sort === name;
  const { descending } = props.sorting;
  const direction = !isSorted ? 'none' : descending ? 'descending' : 'ascending';
  return (
    <div role="columnheader" aria-sort={direction} data-align={align}>
      <button type="button" onClick={() => props.onSort({ sort: name, descending: isSorted && !descending })}>
        {title}
        <span aria-hidden="true">{direction === 'none' ? '' : descending ? ' ↓' : ' ↑'}</span>
      </button>
    </div>
  );
}

function BodyRow(props: {
  readonly index: number;
  readonly top: number;
  readonly columns: readonly ColumnSpec[];
  /** Undefined: it is not known yet. */
  readonly row: Row | undefined;
}) {
  const { index, top, columns, row } = props;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      data-index={index}
      tabIndex={-1}
      className="table-row"
      style={{ transform: `translateY(${top}px)`, blockSize: ROW_HEIGHT }}
    >
      {columns.map(column => (
        <div key={column.name} role="cell" data-align={column.align}>
          {row ? column.render(row) : '…'}
        </div>
      ))}
    </div>
  );
}

function GroupRow(props: {
  readonly index: number;
  readonly top: number;
  readonly heading: Heading;
  readonly onGroup?: (value: string) => void;
  readonly groupTitle?: (value: string) => ReactNode;
}) {
  const { index, top, heading, onGroup, groupTitle = value => value } = props;
  const { heading: value, count, isOpen } = heading;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      data-index={index}
      tabIndex={-1}
      className="table-row table-group"
      style={{ transform: `translateY(${top}px)`, blockSize: ROW_HEIGHT }}
    >
      <div role="cell">
        <button type="button" aria-expanded={isOpen} onClick={() => onGroup?.(value)}>
          <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span> {value === '' ? 'none' : groupTitle(value)}{' '}
          <strong>{count.toLocaleString('en')}</strong>
        </button>
      </div>
    </div>
  );
}
