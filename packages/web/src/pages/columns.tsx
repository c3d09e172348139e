/** The columns of each table. */
import { addresses } from '../addresses.ts';
import type { Row } from '../store/table.ts';
import type { ColumnSpec } from '../ui/body-row.tsx';
import { megabytes, trimmed, wordOf } from '../ui/format.ts';
import { timeAt } from '../ui/moment.tsx';
import { RowLink } from '../ui/row-link.tsx';
import { StateLabel } from '../ui/state-label.tsx';

const text = (row: Row, column: string) => String(row[column] ?? '');
const number = (row: Row, column: string) => Number(row[column]);

const moments = (name: string, title: string): ColumnSpec => ({
  name,
  title,
  width: 'minmax(11ch, 1fr)',
  render: (row, nowMs) => timeAt(number(row, name), nowMs),
});

const plain = (name: string, title: string, width: string): ColumnSpec => ({
  name,
  title,
  width,
  render: row => text(row, name),
  titleOf: row => text(row, name),
});

const amount = (name: string, title: string, format: (value: number) => string): ColumnSpec => ({
  name,
  title,
  width: 'minmax(8ch, 0.6fr)',
  align: 'end',
  render: row => format(number(row, name)),
});

const share = (name: string, title: string, format: (value: number) => string): ColumnSpec => ({
  name: `${name}_used`,
  title,
  width: 'minmax(14ch, 1fr)',
  align: 'end',
  render: row => `${format(number(row, `${name}_used`))} / ${format(number(row, name))}`,
});

const state: ColumnSpec = {
  name: 'state',
  title: 'State',
  width: 'minmax(13ch, 0.8fr)',
  render: row => <StateLabel state={text(row, 'state')} />,
};

/** A link to an agent, by its host; by the end of its id where that is not known. */
function AgentLink({ id, host }: { readonly id: string; readonly host: string }) {
  return id === '' ? null : (
    <RowLink to={addresses.agent(id)} title={id}>
      {host || id.slice(-12)}
    </RowLink>
  );
}

/** The columns of tasks. */
export const taskColumns: readonly ColumnSpec[] = [
  {
    name: 'id',
    title: 'Task',
    width: 'minmax(16ch, 2fr)',
    render: row => (
      <RowLink to={addresses.task(text(row, 'framework'), text(row, 'id'))} title={text(row, 'id')}>
        {text(row, 'id')}
      </RowLink>
    ),
  },
  plain('name', 'Name', 'minmax(10ch, 1.2fr)'),
  state,
  { name: 'health', title: 'Health', width: 'minmax(9ch, 0.6fr)', render: row => health(text(row, 'health')) },
  {
    name: 'agent',
    title: 'Agent',
    width: 'minmax(13ch, 1fr)',
    render: row => <AgentLink id={text(row, 'agent')} host={text(row, 'agent_name')} />,
  },
  plain('role', 'Role', 'minmax(7ch, 0.7fr)'),
  amount('cpus', 'CPUs', trimmed),
  amount('mem', 'Memory', megabytes),
  moments('updated', 'Last status'),
];

const health = (word: string) => (word === '' ? null : <StateLabel state={word} />);

/** The columns of agents. */
export const agentColumns: readonly ColumnSpec[] = [
  {
    name: 'hostname',
    title: 'Host',
    width: 'minmax(14ch, 1.5fr)',
    render: row => (
      <RowLink to={addresses.agent(text(row, 'id'))} title={text(row, 'id')}>
        {text(row, 'hostname')}
      </RowLink>
    ),
  },
  plain('address', 'Address', 'minmax(14ch, 1.2fr)'),
  state,
  amount('tasks', 'Tasks', trimmed),
  share('cpus', 'CPUs', trimmed),
  share('mem', 'Memory', megabytes),
  share('disk', 'Disk', megabytes),
  plain('attribute', 'Attributes', 'minmax(10ch, 1.2fr)'),
  moments('registered', 'Registered'),
];

/** The columns of frameworks. */
export const frameworkColumns: readonly ColumnSpec[] = [
  {
    name: 'name',
    title: 'Framework',
    width: 'minmax(14ch, 1.5fr)',
    render: row => (
      <RowLink to={addresses.framework(text(row, 'id'))} title={text(row, 'id')}>
        {text(row, 'name') || text(row, 'id')}
      </RowLink>
    ),
  },
  state,
  plain('role', 'Roles', 'minmax(8ch, 1fr)'),
  plain('user', 'User', 'minmax(8ch, 0.7fr)'),
  plain('principal', 'Principal', 'minmax(8ch, 0.8fr)'),
  amount('tasks', 'Tasks', trimmed),
  amount('cpus_used', 'CPUs', trimmed),
  amount('mem_used', 'Memory', megabytes),
  moments('registered', 'Registered'),
];

/** A link to what an event is about. */
function EventSubject({ row }: { readonly row: Row }) {
  const [kind, id, framework] = [text(row, 'kind'), text(row, 'id'), text(row, 'framework')];
  const to = kind.startsWith('task')
    ? addresses.task(framework, id)
    : kind.startsWith('agent')
      ? addresses.agent(id)
      : addresses.framework(id);
  return id === '' ? null : (
    <RowLink to={to} title={id}>
      {id}
    </RowLink>
  );
}

/** The columns of events. */
export const eventColumns: readonly ColumnSpec[] = [
  { ...moments('at', 'Time'), name: 'number', render: (row, nowMs) => timeAt(number(row, 'at'), nowMs) },
  plain('kind', 'Event', 'minmax(14ch, 0.8fr)'),
  { name: 'id', title: 'About', width: 'minmax(16ch, 1.6fr)', render: row => <EventSubject row={row} /> },
  { ...state, render: row => (text(row, 'state') === '' ? null : <StateLabel state={text(row, 'state')} />) },
  {
    name: 'agent',
    title: 'Agent',
    width: 'minmax(13ch, 0.8fr)',
    render: row => <AgentLink id={text(row, 'agent')} host={text(row, 'agent_name')} />,
  },
  {
    name: 'reason',
    title: 'Reason',
    width: 'minmax(12ch, 1fr)',
    render: row => wordOf(text(row, 'reason')),
    titleOf: row => text(row, 'reason'),
  },
  plain('message', 'Message', 'minmax(20ch, 2fr)'),
];
