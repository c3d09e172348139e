import { Link, useLocation, useNavigate, useSearch } from '@tanstack/react-router';
import { memo, useCallback, useMemo, useState } from 'react';
import type { Action } from '../actions/action.ts';
import { ActionButtons } from '../actions/action-bar.tsx';
import { useActionHost, useActionObject } from '../actions/action-host.tsx';
import { type RoleObject, roleActions } from '../actions/role-actions.ts';
import { addresses } from '../addresses.ts';
import { View } from '../query/view.ts';
import { roleTable } from '../roles/role-table.ts';
import type { RoleView } from '../roles/role-view.ts';
import type { Quantities } from '../store/quantities.ts';
import type { Row, Table } from '../store/table.ts';
import type { ColumnSpec } from '../ui/body-row.tsx';
import { DataTable, useRange } from '../ui/data-table.tsx';
import { FilterBox } from '../ui/filter-box.tsx';
import { count, countOf, megabytes, trimmed } from '../ui/format.ts';
import { NoMatch } from '../ui/no-match.tsx';
import { Notice } from '../ui/notice.tsx';
import { searchProblems, sortingOf, type TableSearch } from './search.ts';
import { useTablePlace } from './table-place.ts';

const usual = { sort: 'role', descending: false };

type OnOpen = (action: Action<RoleObject>, role: RoleView) => void;

const ids = 'role ';

/** The table of roles, with its filter. In the order of names it is a tree whose branches can be folded. */
export const RolesTable = memo(function RolesTable(props: {
  readonly roles: ReadonlyMap<string, RoleView>;
  /** What the cluster has; undefined: not known yet. */
  readonly total: Quantities | undefined;
}) {
  const { roles, total } = props;
  const search = useSearch({ strict: false }) as TableSearch;
  const inAddress = useLocation({ select: ({ search }) => search as Readonly<Record<string, unknown>> });
  const navigate = useNavigate();
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const [range, onRange] = useRange();
  const place = useTablePlace('Roles');
  const host = useActionHost();
  const columns = useMemo(
    () => columnsOf(roles, folded, setFolded, (action, role) => host.open(ids + role.name, action, { role })),
    [roles, folded, host],
  );
  const find = useCallback((name: string) => roles.get(name) && { role: roles.get(name) }, [roles]);
  useActionObject(ids, find);
  const { filter = '' } = search;
  const sorting = sortingOf(search, columns, usual);
  const isTree = sorting.sort === 'role' && filter === '';
  const table = useMemo(() => roleTable(roles, total, isTree ? folded : new Set()), [roles, total, isTree, folded]);
  const view = useMemo(() => new View(table as Table, { filter: '', ...usual, offset: 0, limit: 0 }), [table]);
  view.ask({ filter, ...sorting, ...range });
  const window = view.read();
  const change = (next: TableSearch) => navigate({ to: '.', search: next as never, replace: true });
  const changeFilter = (text: string) => change({ ...search, filter: text || undefined } as TableSearch);
  return (
    <>
      <FilterBox
        label="Filter roles"
        example="web role:eng/ cpus:>4 limit:cpus or any text"
        value={filter}
        problems={[...searchProblems(inAddress, { columns, groups: {} }), ...window.problems]}
        onChange={changeFilter}
      />
      <p className="table-count" role="status">
        {countOf(window.matched, roles.size, 'role')}
      </p>
      {window.matched > 0 ? (
        <DataTable
          label="Roles"
          columns={columns}
          window={window}
          sorting={sorting}
          onSort={next => change({ ...search, sort: next.sort, desc: next.descending })}
          onRange={onRange}
          place={place}
        />
      ) : filter === '' ? (
        <Notice title="No roles">
          <p>A role is here when a framework subscribes to it, or when it gets a quota or a weight.</p>
        </Notice>
      ) : (
        <NoMatch thing="role" onClear={() => changeFilter('')} />
      )}
    </>
  );
});

const words = (name: string, title: string): ColumnSpec => ({
  name,
  title,
  width: 'minmax(11ch, 1.3fr)',
  render: row => row[name],
  titleOf: row => String(row[name]),
});

function columnsOf(
  roles: ReadonlyMap<string, RoleView>,
  folded: ReadonlySet<string>,
  setFolded: (folded: ReadonlySet<string>) => void,
  onOpen: OnOpen,
): readonly ColumnSpec[] {
  const toggle = (name: string) => {
    const next = new Set(folded);
    if (!next.delete(name)) next.add(name);
    setFolded(next);
  };
  return [
    {
      name: 'role',
      title: 'Role',
      width: 'minmax(13ch, 2fr)',
      render: row => <RoleName row={row} isFolded={folded.has(row.key)} onToggle={() => toggle(row.key)} />,
    },
    amount('weight', 'Weight', '7ch', row => trimmed(Number(row.weight))),
    amount('share', 'Share', '11ch', row =>
      Number.isFinite(Number(row.share)) ? `${trimmed(Number(row.share) * 100)} % ${row.share_of}` : '',
    ),
    amount('cpus', 'CPUs', '7ch', row => trimmed(Number(row.cpus))),
    amount('mem', 'Memory', '9ch', row => megabytes(Number(row.mem))),
    words('guarantee', 'Guarantee'),
    words('limit', 'Limit'),
    { ...words('use', 'Use of quota'), width: 'minmax(14ch, 2fr)' },
    amount('frameworks', 'Frameworks', '11ch', row =>
      row.frameworks === 0 ? '0' : <Frameworks role={row.key} number={Number(row.frameworks)} />,
    ),
    {
      name: 'actions',
      title: 'Actions',
      isUnsorted: true,
      width: '19rem',
      render: row => {
        const role = roles.get(row.key);
        return (
          role && (
            <ActionButtons
              actions={roleActions}
              of={{ role }}
              label={`Actions on role ${role.name}`}
              suffix={`of role ${role.name}`}
              onOpen={action => onOpen(action, role)}
            />
          )
        );
      },
    },
  ];
}

const amount = (name: string, title: string, width: string, render: ColumnSpec['render']): ColumnSpec => ({
  name,
  title,
  width,
  align: 'end',
  render,
});

function Frameworks({ role, number }: { readonly role: string; readonly number: number }) {
  return (
    <Link
      to={addresses.frameworks()}
      search={{ filter: `role:"${role}"` } as never}
      aria-label={`${count(number, 'framework')} of role ${role}`}
    >
      {number}
    </Link>
  );
}

/** The name of a role, as far to the right as it is below others, with what folds those below it. */
function RoleName(props: { readonly row: Row; readonly isFolded: boolean; readonly onToggle: () => void }) {
  const { row, isFolded, onToggle } = props;
  const name = String(row.role);
  const own = name.lastIndexOf('/') + 1;
  const below = Number(row.below);
  return (
    <span className="role" style={{ paddingInlineStart: `${(name.split('/').length - 1) * 1.1}rem` }} title={name}>
      {below > 0 ? (
        <button
          type="button"
          className="role-fold"
          aria-expanded={!isFolded}
          aria-label={`${count(below, 'role')} below ${name}`}
          onClick={onToggle}
        >
          <span aria-hidden="true">{isFolded ? '▸' : '▾'}</span>
        </button>
      ) : (
        <span className="role-leaf" />
      )}
      <span>
        <span className="quiet">{name.slice(0, own)}</span>
        {name.slice(own)}
      </span>
    </span>
  );
}
