import type { Task, TaskStatus } from '@meseta/protocol/browser';
import { useParams } from '@tanstack/react-router';
import { ActionBar } from '../actions/action-bar.tsx';
import { taskActions } from '../actions/framework-actions.ts';
import { SandboxAccess } from '../files/sandbox-access.tsx';
import { taskKey } from '../store/keys.ts';
import { isRunning } from '../store/state-groups.ts';
import { Facts } from '../ui/facts.tsx';
import { amount } from '../ui/format.ts';
import { LabelList } from '../ui/label-list.tsx';
import { PageHeading } from '../ui/page-heading.tsx';
import { Panel } from '../ui/panel.tsx';
import { resourceAmounts } from '../ui/resource-amounts.ts';
import { StateLabel } from '../ui/state-label.tsx';
import { UsagePlots } from '../usage/usage-plots.tsx';
import { usageUrl } from '../usage/usage-url.ts';
import { ObjectPage } from './object-page.tsx';
import { TaskOutput } from './task-output.tsx';
import { TaskTabs } from './task-tabs.tsx';
import { ThingLink } from './thing-link.tsx';
import { Timeline } from './timeline.tsx';

/** One task: where it runs, what it has, and what became of it. */
export function TaskPage() {
  const { framework, task: id } = useParams({ strict: false }) as { framework: string; task: string };
  const key = taskKey(framework, id);
  return (
    <ObjectPage key={key} table="tasks" objectKey={key} id={id} thing="task">
      {({ task, row }) => task && <TaskView task={task} role={String(row?.role ?? '')} />}
    </ObjectPage>
  );
}

function TaskView({ task, role }: { readonly task: Task; readonly role: string }) {
  const { statuses = [], framework_id, agent_id, executor_id, labels } = task;
  const container = statuses.findLast(({ container_status }) => container_status)?.container_status;
  return (
    <>
      <PageHeading title={task.task_id.value}>
        <StateLabel state={task.state} />
      </PageHeading>
      <ActionBar
        actions={taskActions}
        of={task}
        id={`task ${task.framework_id.value} ${task.task_id.value}`}
        label={`Actions on task ${task.task_id.value}`}
      />
      <TaskTabs task={task}>
        <div className="panels">
          <Panel title="Facts">
            <Facts
              of={{
                Name: task.name,
                Framework: <ThingLink key={framework_id.value} table="frameworks" id={framework_id.value} />,
                Agent: <ThingLink key={agent_id.value} table="agents" id={agent_id.value} />,
                Role: role,
                Executor: executor_id?.value,
                User: task.user,
                Container: container?.container_id?.value,
                Network: addressesOf(container).join(', '),
                Ports: portsOf(task).join(', '),
                Image: task.container?.docker?.image ?? task.container?.mesos?.image?.docker?.name,
                Labels: labels?.labels?.length ? <LabelList labels={labels} /> : undefined,
              }}
            />
          </Panel>
          <Panel title="Resources">
            <Facts of={amountsOf(task)} />
          </Panel>
        </div>
        <Panel title="Timeline">
          <Timeline statuses={statuses} />
        </Panel>
        {isRunning(task.state) && (
          <Panel title="Use">
            <UsagePlots url={usageUrl(task)} />
          </Panel>
        )}
        <Panel title="Output">
          <SandboxAccess task={task}>
            <TaskOutput task={task} />
          </SandboxAccess>
        </Panel>
      </TaskTabs>
    </>
  );
}

function addressesOf(container: TaskStatus['container_status']): string[] {
  return (container?.network_infos ?? []).flatMap(({ ip_addresses = [] }) =>
    ip_addresses.flatMap(({ ip_address }) => (ip_address ? [ip_address] : [])),
  );
}

/** The ports that a task tells others, and those of the agent that lead to ports of its container. */
function portsOf({ discovery, container }: Task): string[] {
  const told = (discovery?.ports?.ports ?? []).map(({ number, name, protocol }) =>
    [name, protocol ? `${number}/${protocol}` : number].filter(Boolean).join(' '),
  );
  const mapped = container?.docker?.port_mappings ?? [];
  return [
    ...told,
    ...mapped.map(({ host_port, container_port }) => `${host_port} to ${container_port} in the container`),
  ];
}

/** What a task has of each resource, and the most that it may use. */
function amountsOf({ resources = [], limits = {} }: Task): Record<string, string> {
  const most = Object.entries(limits).map(([name, { value }]) => [
    `Limit of ${name}`,
    Number.isFinite(value) ? amount(name, value) : 'none',
  ]);
  return { ...resourceAmounts(resources), ...Object.fromEntries(most) };
}
