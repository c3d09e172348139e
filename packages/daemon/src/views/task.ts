/** Shows tasks, and their parts, in the classic JSON views of master and agent. */
import {
  type CommandInfo,
  type ContainerStatus,
  commandWithoutSecrets,
  type Labels,
  type NetworkInfo,
  type Resource,
  type Task,
  type TaskStatus,
} from '@meseta/protocol';
import { Resources, resourcesView } from '@meseta/resources';

/**
 * Returns a task as `/state` and `/tasks` show it.
 *
 * @see Mesos src/common/http.cpp, json(Task)
 */
export function taskView(task: Task) {
  return {
    id: task.task_id.value,
    name: task.name,
    framework_id: task.framework_id.value,
    executor_id: task.executor_id?.value ?? '',
    slave_id: task.agent_id.value,
    state: task.state,
    resources: resourcesView(Resources.of(task.resources)),
    limits: task.limits && limitsView(task.limits),
    role: roleOf(task.resources),
    statuses: (task.statuses ?? []).map(statusView),
    user: task.user,
    labels: labelsView(task.labels),
    discovery: task.discovery,
    container: task.container,
    health_check: task.health_check,
  };
}

/** Without a limit the number is infinite, for which JSON has no number. */
function limitsView(limits: NonNullable<Task['limits']>): Record<string, number | string> | undefined {
  const entries = Object.entries(limits);
  if (entries.length === 0) return undefined;
  return Object.fromEntries(
    entries.map(([name, { value }]) => [name, Number.isFinite(value) ? value : 'Infinity'] as const),
  );
}

function statusView(status: TaskStatus) {
  return {
    state: status.state,
    timestamp: status.timestamp ?? 0,
    labels: labelsView(status.labels),
    container_status: status.container_status && containerStatusView(status.container_status),
    healthy: status.healthy,
  };
}

function containerStatusView({ container_id, network_infos = [], cgroup_info }: ContainerStatus) {
  return {
    container_id,
    network_infos: network_infos.length > 0 ? network_infos.map(networkView) : undefined,
    cgroup_info,
  };
}

function networkView({ groups, labels, ip_addresses, name, port_mappings }: NetworkInfo) {
  return {
    groups: some(groups),
    labels: labelsView(labels),
    ip_addresses: some(ip_addresses),
    name,
    port_mappings: some(port_mappings),
  };
}

function some<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list?.length ? list : undefined;
}

/** Returns labels as a plain list; undefined when there are none at all. */
export function labelsView(labels: Labels | undefined): NonNullable<Labels['labels']> | undefined {
  return labels && (labels.labels ?? []);
}

/** Returns a command as executors and queued tasks show it, without the values of secrets. */
export function commandView(command: CommandInfo) {
  const { shell, value, arguments: argv = [], environment, uris = [] } = commandWithoutSecrets(command);
  return {
    shell,
    value,
    argv,
    environment,
    uris: uris.map(uri => ({ value: uri.value, executable: uri.executable ?? false })),
  };
}

/** Returns the role that resources of a task or executor are allocated to: all to the same. `*` is Mesos's default. */
export function roleOf(resources: readonly Resource[] | undefined): string {
  return resources?.[0]?.allocation_info?.role ?? '*';
}
