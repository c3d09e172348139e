// biome-ignore-all lint/a11y/useSemanticElements: a <tr> that is placed by itself is no row of a table to browsers
// biome-ignore-all lint/a11y/useFocusableInteractive: cells are read, not operated
import { type CSSProperties, type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import { type Heading, isHeading, type Line } from '../query/view.ts';
import { BodyRow, type ColumnSpec, ROW_HEIGHT } from './body-row.tsx';
import { useNow } from './clock.ts';
import { type TablePlace, useRowKeys } from './row-keys.ts';
import { useRowSlots } from './row-slots.ts';
import { knownAround, useVisibleRows } from './visible-rows.ts';

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
  /** Where it is to be when it comes; always the same object. Default: at its beginning. */
  readonly place?: TablePlace;
}) {
  const { label, columns, window, sorting, onSort, onRange } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [place] = useState(props.place ?? { top: 0 });
  const [{ first, end }, moves] = useVisibleRows(scroller, window.lines, ROW_HEIGHT, place);
  const { offset, limit } = knownAround({ first, end });
  useEffect(() => onRange(offset, limit), [offset, limit, onRange]);
  const keys = useRowKeys(scroller, window.lines, moves, place);
  const nowMs = useNow(60_000);
  const slots = useRowSlots({ first, end });
  const tracks = columns.map(({ width }) => width).join(' ');
  const style = { '--columns': tracks, '--row-height': `${ROW_HEIGHT}px` } as CSSProperties;
  return (
    <div
      className="table-scroller"
      ref={scroller}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keyboard
      tabIndex={0}
      role="group"
      aria-label={`${label}, scrollable`}
      {...keys}
    >
      <div role="table" aria-label={label} aria-rowcount={window.lines + 1} className="table" style={style}>
        <div role="rowgroup" className="table-head">
          <div role="row" aria-rowindex={1} className="table-row">
            {columns.map(column => (
              <HeadCell key={column.name} column={column} sorting={sorting} onSort={onSort} />
            ))}
          </div>
        </div>
        <div role="rowgroup" className="table-body" style={{ blockSize: window.lines * ROW_HEIGHT }}>
          {slots.map(({ slot, index }) => {
            const line = window.rows[index - window.offset];
            return line && isHeading(line) ? (
              <GroupRow key={slot} index={index} heading={line} {...props} />
            ) : (
              <BodyRow key={slot} index={index} columns={columns} row={line} nowMs={nowMs} />
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
  const { name, title, align, isUnsorted } = props.column;
  const isSorted = props.sorting.sort === name;
  const { descending } = props.sorting;
  if (isUnsorted) {
    return (
      <div role="columnheader" data-align={align}>
        {title}
      </div>
    );
  }
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

function GroupRow(props: {
  readonly index: number;
  readonly heading: Heading;
  readonly onGroup?: (value: string) => void;
  readonly groupTitle?: (value: string) => ReactNode;
}) {
  const { index, heading, onGroup, groupTitle = value => value } = props;
  const { heading: value, title = groupTitle(value), count, isOpen } = heading;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      data-index={index}
      tabIndex={-1}
      className="table-row table-group"
      style={{ insetBlockStart: index * ROW_HEIGHT }}
    >
      <div role="cell">
        <button type="button" aria-expanded={isOpen} onClick={() => onGroup?.(value)}>
          <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span> {value === '' ? 'none' : title}{' '}
          <strong>{count.toLocaleString('en')}</strong>
        </button>
      </div>
    </div>
  );
}
