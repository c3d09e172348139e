/** Tasks in the classic views. */
import type { ContainerStatus, NetworkInfo, Task, TaskStatus } from '@meseta/protocol';
import { Resources, resourcesView } from '@meseta/resources';
import { finite, labelsView } from './values.ts';

/**
 * A task as `/state` and `/tasks` show it.
 *
 * @see Mesos src/common/http.cpp, json(Task)
 */
export function taskView(task: Task): object {
  const { resources, statuses = [], limits, labels, health_check } = task;
  return {
    id: task.task_id.value,
    name: task.name,
    framework_id: task.framework_id.value,
    executor_id: task.executor_id?.value ?? '',
    slave_id: task.agent_id.value,
    state: task.state,
    resources: resourcesView(Resources.of(resources)),
    limits: limits && limitsView(limits),
    role: resources?.[0] && (resources[0].allocation_info?.role ?? '*'),
    statuses: statuses.map(statusView),
    user: task.user,
    labels: labelsView(labels),
    discovery: task.discovery,
    container: task.container,
    health_check,
  };
}

/** An unlimited resource is stated as infinity, which JSON does not have. */
function limitsView(limits: NonNullable<Task['limits']>): Record<string, number | string> {
  return Object.fromEntries(
    Object.entries(limits).map(([name, { value }]) => [name, value === Infinity ? 'infinity' : finite(value)]),
  );
}

function statusView({ state, timestamp, labels, container_status, healthy }: TaskStatus): object {
  return {
    state,
    timestamp: finite(timestamp),
    labels: labelsView(labels),
    container_status: container_status && containerView(container_status),
    healthy,
  };
}

function containerView({ container_id, network_infos, cgroup_info }: ContainerStatus): object {
  return {
    container_id,
    network_infos: network_infos?.length ? network_infos.map(networkView) : undefined,
    cgroup_info,
  };
}

function networkView({ groups, labels, ip_addresses, name, port_mappings }: NetworkInfo): object {
  return { groups, labels: labelsView(labels), ip_addresses, name, port_mappings };
}
