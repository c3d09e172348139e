/** What each table shows, how it is narrowed down, and what it says when there is nothing: one entry for each table. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { addresses } from '../addresses.ts';
import type { TableName } from '../feed/messages.ts';
import type { ViewedThings } from '../permissions/part-note.tsx';
import type { ColumnSpec } from '../ui/body-row.tsx';
import type { Sorting } from '../ui/data-table.tsx';
import { agentColumns, eventColumns, frameworkColumns, taskColumns } from './columns.tsx';

/** A table of pages. */
export interface TableSpec {
  readonly table: TableName;
  /** `Tasks`. */
  readonly title: string;
  /** `task`. */
  readonly thing: string;
  readonly columns: readonly ColumnSpec[];
  readonly usual: Sorting;
  /** A filter to learn from. */
  readonly example: string;
  /** The columns whose values are counted beside the table, with their titles. */
  readonly facets: Readonly<Record<string, string>>;
  /** The columns by which rows can be grouped, with their titles. */
  readonly groups: Readonly<Record<string, string>>;
  /** What is left out for those who may not see all, and the sentence that says so. Default: nothing is. */
  readonly part?: { readonly of: ViewedThings; readonly words: string };
  /** What to say and do when there is nothing at all. */
  readonly empty: () => ReactNode;
}

/** The tables by name. */
export const tableSpecs: Readonly<Record<TableName, TableSpec>> = {
  tasks: {
    table: 'tasks',
    title: 'Tasks',
    thing: 'task',
    columns: taskColumns,
    usual: { sort: 'updated', descending: true },
    example: 'state:running -role:dev agent:node1 label:team=web cpus:>1 or any text',
    facets: {
      state: 'State',
      group: 'Kept among',
      health: 'Health',
      role: 'Role',
      framework: 'Framework',
      label: 'Label',
    },
    part: { of: 'tasks', words: 'Only tasks that you may see are here' },
    groups: { state: 'state', role: 'role', framework: 'framework', agent: 'agent', user: 'user', label: 'labels' },
    empty: () => (
      <p>
        None runs, and none has ended lately. Run one: <code>meseta run 'echo hello'</code>
      </p>
    ),
  },
  agents: {
    table: 'agents',
    title: 'Agents',
    thing: 'agent',
    columns: agentColumns,
    usual: { sort: 'hostname', descending: false },
    example: 'state:active attribute:rack=a tasks:>10 or any text',
    facets: { state: 'State', attribute: 'Attribute', region: 'Region', zone: 'Zone', version: 'Version' },
    part: { of: 'roles', words: 'Without what is reserved for roles that you may not see' },
    groups: { state: 'state', attribute: 'attributes', region: 'region', zone: 'zone', version: 'version' },
    empty: () => (
      <p>
        No agent has registered. Start one: <code>meseta agent --master={location.host} --work_dir=…</code>
      </p>
    ),
  },
  frameworks: {
    table: 'frameworks',
    title: 'Frameworks',
    thing: 'framework',
    columns: frameworkColumns,
    usual: { sort: 'name', descending: false },
    example: 'state:active role:web or any text',
    facets: { state: 'State', role: 'Role', user: 'User', principal: 'Principal' },
    part: { of: 'frameworks', words: 'Only frameworks that you may see are here' },
    groups: { state: 'state', role: 'roles', user: 'user', principal: 'principal' },
    empty: () => (
      <p>
        None has subscribed to this master since it began. Start one with <code>{location.host}</code> as its master, or{' '}
        <Link to={addresses.run()}>run a task</Link> without one.
      </p>
    ),
  },
  events: {
    table: 'events',
    title: 'Events',
    thing: 'event',
    columns: eventColumns,
    usual: { sort: 'number', descending: true },
    example: 'kind:task state:failed reason:memory or any text',
    facets: { kind: 'Kind', state: 'State', reason: 'Reason', source: 'Source' },
    part: { of: 'tasks', words: 'Only events of what you may see are here' },
    groups: { kind: 'kind', state: 'state', reason: 'reason', framework: 'framework', agent: 'agent' },
    empty: () => <p>Nothing has happened since this page began to follow the master.</p>,
  },
};
