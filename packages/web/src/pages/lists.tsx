/** The pages that are a table. */
import { failureStates } from '../store/state-groups.ts';
import { agentColumns, frameworkColumns, taskColumns } from './columns.tsx';
import { failureColumns } from './failure-columns.tsx';
import { TableView } from './table-page.tsx';

/** All tasks. */
export function TasksPage() {
  return (
    <>
      <h1>Tasks</h1>
      <TasksTable />
    </>
  );
}

/** The tasks for which a condition holds, with a filter. */
export function TasksTable({ within = '' }: { readonly within?: string }) {
  return (
    <TableView
      table="tasks"
      title="Tasks"
      thing="task"
      columns={taskColumns}
      usual={{ sort: 'updated', descending: true }}
      example="state:running -role:dev label:team=web cpus:>1 or any text"
      within={within}
      empty={
        within ? (
          <p>None of those that run or have ended lately.</p>
        ) : (
          <p>
            None runs, and none has ended lately. Run one: <code>meseta run 'echo hello'</code>
          </p>
        )
      }
    />
  );
}

const failures = `state:${failureStates.join(',').toLowerCase()}`;

/** The tasks that have failed, the newest first. */
export function FailedTasks() {
  return (
    <TableView
      table="tasks"
      title="Failed tasks"
      thing="failed task"
      columns={failureColumns}
      usual={{ sort: 'updated', descending: true }}
      within={failures}
      empty={<p>None of those that the master remembers.</p>}
    />
  );
}

/** All agents. */
export function AgentsPage() {
  return (
    <>
      <h1>Agents</h1>
      <TableView
        table="agents"
        title="Agents"
        thing="agent"
        columns={agentColumns}
        usual={{ sort: 'hostname', descending: false }}
        example="state:active attribute:rack=a tasks:>10 or any text"
        empty={
          <p>
            No agent has registered. Start one: <code>meseta agent --master={location.host} --work_dir=…</code>
          </p>
        }
      />
    </>
  );
}

/** All frameworks. */
export function FrameworksPage() {
  return (
    <>
      <h1>Frameworks</h1>
      <TableView
        table="frameworks"
        title="Frameworks"
        thing="framework"
        columns={frameworkColumns}
        usual={{ sort: 'name', descending: false }}
        example="state:active role:web or any text"
        empty={<p>None has subscribed to this master since it began.</p>}
      />
    </>
  );
}
