import { useLocation, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { useFacets, useHasData, useWindow } from '../feed/hooks.ts';
import { PartNote, usePart } from '../permissions/part-note.tsx';
import { isValue } from '../query/filter.ts';
import { chosenValues, toggled } from '../query/filter-tokens.ts';
import type { Window } from '../query/view.ts';
import { DataTable, useRange } from '../ui/data-table.tsx';
import { FacetList } from '../ui/facet-list.tsx';
import { FilterBox } from '../ui/filter-box.tsx';
import { count, countOf } from '../ui/format.ts';
import { NoMatch } from '../ui/no-match.tsx';
import { Notice, Skeleton } from '../ui/notice.tsx';
import { searchProblems, sortingOf, type TableSearch, tableSearch, withGroupToggled } from './search.ts';
import { useTablePlace } from './table-place.ts';
import type { TableSpec } from './table-specs.tsx';
import { useValueTitles } from './value-titles.ts';

/** Columns that the table of {@link TableViewProps.isPlain} does not count. */
const none: readonly string[] = [];

interface TableViewProps {
  readonly spec: TableSpec;
  /** A condition that always holds, of a table that is a part of another page. */
  readonly within?: string;
  /** Without filter, facets and groups. */
  readonly isPlain?: boolean;
  /** The rows stay those of the moment when this becomes true; for events alone. */
  readonly isHeld?: boolean;
}

/** A table with its filter, facets and groups; filter, order and groups are in the address. */
export function TableView({ spec, within, isPlain = false, isHeld = false }: TableViewProps) {
  const { table, title, thing, columns, groups, part } = spec;
  const { search, problems, change } = useTableSearch(spec);
  const [range, onRange] = useRange();
  const place = useTablePlace(title);
  const { filter = '', open } = search;
  const group = Object.hasOwn(groups, search.group ?? '') ? search.group : undefined;
  const grouping = group === undefined || isPlain ? {} : { group, open: open ?? [] };
  const sorting = sortingOf(search, columns, spec.usual);
  const condition = `${within ?? ''} ${isPlain ? '' : filter}`.trim();
  const window = useWindow(table, { ...range, ...sorting, ...grouping, filter: condition }, isHeld);
  const hasFacets = !isPlain && within === undefined;
  const facets = useFacets(table, condition, hasFacets ? Object.keys(spec.facets) : none, isHeld);
  const hasData = useHasData();
  const changeFilter = useCallback((text: string) => change({ ...search, filter: text }), [change, search]);
  const isChosen = useCallback(
    (column: string, value: string) => hasValue(chosenValues(filter, column), value),
    [filter],
  );
  const onToggle = useCallback(
    (column: string, value: string) => changeFilter(toggled(filter, column, chosenAs(filter, column, value))),
    [filter, changeFilter],
  );
  const titleOf = useValueTitles();
  // That there is nothing is only a fact once all is there.
  const isLoading = window === undefined || (window.matched === 0 && !hasData);
  const things = title.toLowerCase();
  return (
    <>
      {!isPlain && (
        <div className="table-bar">
          <FilterBox
            label={`Filter ${things}`}
            example={spec.example}
            value={filter}
            problems={[...problems, ...(window?.problems ?? [])]}
            onChange={changeFilter}
          />
          <label>
            Group by{' '}
            <select value={group ?? ''} onChange={event => change({ ...search, group: event.target.value, open: [] })}>
              <option value="">nothing</option>
              {Object.entries(groups).map(([name, word]) => (
                <option key={name} value={name}>
                  {word}
                </option>
              ))}
            </select>
          </label>
        </div>
      )}
      {part && !isPlain && <PartNote of={part.of}>{part.words}</PartNote>}
      <p className="table-count" role="status">
        {window && !isLoading && summary(window, thing, within !== undefined)}
        {!hasData && !isLoading && ' so far'}
      </p>
      <div className="table-with-facets">
        {hasFacets && !isLoading && window.total > 0 && (
          <FacetList
            things={things}
            facets={facets}
            titles={spec.facets}
            titleOf={titleOf}
            isChosen={isChosen}
            onToggle={onToggle}
          />
        )}
        <div className="table-place">
          {isLoading ? (
            <Skeleton label={`Loading ${things}`} />
          ) : window.matched > 0 ? (
            <DataTable
              label={title}
              columns={columns}
              window={window}
              sorting={sorting}
              onSort={({ sort, descending }) => change({ ...search, sort, desc: descending })}
              onRange={onRange}
              place={place}
              onGroup={value => change(withGroupToggled(search, value))}
              groupTitle={value => titleOf(group ?? '', value)}
            />
          ) : filter === '' || isPlain ? (
            <NoRows spec={spec} />
          ) : (
            <NoMatch thing={thing} onClear={() => changeFilter('')} />
          )}
        </div>
      </div>
    </>
  );
}

/** Says why there is nothing. Those who may not see all cannot be told that there is none. */
function NoRows({ spec: { thing, part, empty } }: { readonly spec: TableSpec }) {
  const reason = usePart(part?.of);
  // Of what an agent has reserved for others, the agent itself is seen all the same.
  const isHidden = reason !== undefined && part?.of !== 'roles';
  return <Notice title={`No ${thing}s`}>{isHidden ? <p>There is none that you may see.</p> : empty()}</Notice>;
}

/** What the address asks of a table, what of that cannot be done, and how to change it. */
function useTableSearch(spec: TableSpec) {
  const raw = useSearch({ strict: false }) as Readonly<Record<string, unknown>>;
  const inAddress = useLocation({ select: ({ search }) => search as Readonly<Record<string, unknown>> });
  const navigate = useNavigate();
  const search = useMemo(() => tableSearch(raw), [raw]);
  const change = useCallback(
    (next: TableSearch) => {
      const { filter, sort, desc, group, open, ...others } = raw;
      void navigate({ to: '.', search: { ...others, ...tableSearch({ ...next }) } as never, replace: true });
    },
    [raw, navigate],
  );
  return { search, problems: searchProblems(inAddress, spec), change };
}

/** @param isPart how many there are of the thing in all is of no interest where only a part of them is the matter. */
function summary({ matched, total, groups }: Window, thing: string, isPart: boolean): string {
  const rows = countOf(matched, isPart ? matched : total, thing);
  return groups === undefined ? rows : `${rows} in ${count(groups, 'group')}`;
}

const hasValue = (values: readonly string[], value: string) => values.some(each => isValue(value, each));

/** The spelling in the filter, where a value was typed in another one. */
const chosenAs = (filter: string, column: string, value: string) =>
  chosenValues(filter, column).find(each => isValue(value, each)) ?? value;
