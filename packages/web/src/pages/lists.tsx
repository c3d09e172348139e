/** The pages that are a table, and the tables that are a part of another page. */
import type { ReactNode } from 'react';
import { AwayAgentList } from '../away/away-list.tsx';
import type { TableName } from '../feed/messages.ts';
import { failureStates } from '../store/state-groups.ts';
import { PageHeading } from '../ui/page-heading.tsx';
import { failureColumns } from './failure-columns.tsx';
import { TableView } from './table-page.tsx';
import { tableSpecs } from './table-specs.tsx';

/** All tasks. */
export const TasksPage = () => <ListPage table="tasks" />;

/** All agents. */
export const AgentsPage = () => (
  <ListPage table="agents">
    <AwayAgentList />
  </ListPage>
);

/** All frameworks. */
export const FrameworksPage = () => <ListPage table="frameworks" />;

/** @param props.children what is between the heading and the table. */
function ListPage({ table, children }: { readonly table: TableName; readonly children?: ReactNode }) {
  const spec = tableSpecs[table];
  return (
    <>
      <PageHeading title={spec.title} />
      {children}
      <TableView spec={spec} />
    </>
  );
}

/** The tasks for which a condition holds, with a filter. */
export function TasksTable({ within }: { readonly within: string }) {
  const spec = {
    ...tableSpecs.tasks,
    empty: () => <p>None of those that run or have ended lately.</p>,
  };
  return <TableView spec={spec} within={within} />;
}

const failures = `state:${failureStates.join(',').toLowerCase()}`;

const failedTasks = {
  ...tableSpecs.tasks,
  title: 'Failed tasks',
  thing: 'failed task',
  columns: failureColumns,
  empty: () => <p>None of those that the master remembers.</p>,
};

/** The tasks that have failed, the newest first. */
export const FailedTasks = () => <TableView spec={failedTasks} within={failures} isPlain />;
