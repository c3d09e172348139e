import { useNavigate, useSearch } from '@tanstack/react-router';
import { type ReactNode, useCallback, useState } from 'react';
import { useFeedStatus, useWindow } from '../feed/hooks.ts';
import type { TableName } from '../feed/messages.ts';
import { type ColumnSpec, DataTable, type Sorting } from '../ui/data-table.tsx';
import { FilterBox } from '../ui/filter-box.tsx';
import { count } from '../ui/format.ts';
import { Notice, Skeleton } from '../ui/notice.tsx';
import { sortingOf, type TableSearch } from './search.ts';

/** Rows that are asked for before the page knows how many it shows. */
const FIRST_ROWS = 60;

/** A table with its filter; filter and order are in the address. */
export function TableView(props: {
  readonly table: TableName;
  /** `Tasks`. */
  readonly title: string;
  /** `task`. */
  readonly thing: string;
  readonly columns: readonly ColumnSpec[];
  readonly usual: Sorting;
  /** A filter to learn from; undefined: the table has no filter of its own. */
  readonly example?: string;
  /** A condition that always holds, of a table that is a part of another page. */
  readonly within?: string;
  /** What to say and do when there is nothing at all. */
  readonly empty: ReactNode;
}) {
  const { table, title, thing, columns, usual, within = '' } = props;
  const search = useSearch({ strict: false }) as TableSearch;
  const navigate = useNavigate();
  const [range, setRange] = useState({ offset: 0, limit: FIRST_ROWS });
  const onRange = useCallback((offset: number, limit: number) => setRange({ offset, limit }), []);
  const sorting = sortingOf(search, columns, usual);
  const { filter = '' } = search;
  const window = useWindow(table, { ...range, ...sorting, filter: `${within} ${filter}`.trim() });
  const { dataFrom } = useFeedStatus();
  const change = (next: TableSearch) => navigate({ to: '.', search: next as never, replace: true });
  const changeFilter = (text: string) => change({ ...search, filter: text || undefined } as TableSearch);
  const isLoading = window === undefined || (window.total === 0 && dataFrom === undefined);
  return (
    <>
      {props.example !== undefined && (
        <FilterBox
          label={`Filter ${title.toLowerCase()}`}
          example={props.example}
          value={filter}
          problems={window?.problems ?? []}
          onChange={changeFilter}
        />
      )}
      <p className="table-count" role="status">
        {window && !isLoading && summary(window.matched, window.total, thing)}
      </p>
      {isLoading ? (
        <Skeleton label={`Loading ${title.toLowerCase()}`} />
      ) : window.matched > 0 ? (
        <DataTable
          label={title}
          columns={columns}
          window={window}
          sorting={sorting}
          onSort={({ sort, descending }) => change({ ...search, sort, desc: descending })}
          onRange={onRange}
        />
      ) : filter === '' ? (
        <Notice title={`No ${thing}s`}>{props.empty}</Notice>
      ) : (
        <Notice title={`No ${thing} matches this filter`}>
          <button type="button" onClick={() => changeFilter('')}>
            Clear the filter
          </button>
        </Notice>
      )}
    </>
  );
}

function summary(matched: number, total: number, thing: string): string {
  return matched === total ? count(total, thing) : `${matched.toLocaleString('en')} of ${count(total, thing)}`;
}
