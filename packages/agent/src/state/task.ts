import {
  addStatus,
  containerWithoutSecrets,
  healthCheckWithoutSecrets,
  type StatusUpdate,
  type Task,
  type TaskInfo,
  type TaskStatus,
} from '@meseta/protocol';
import { type Executor, isGenerated } from './executor.ts';

/**
 * Makes the `Task` message of a task on an executor, which views show, and which the agent sends when it re-registers.
 * Command tasks have no `executor_id`. It has no values of secrets.
 */
export function toTask(info: TaskInfo, executor: Pick<Executor, 'id' | 'frameworkId' | 'kind'>): Task {
  const user = info.command?.user ?? info.executor?.command?.user;
  return {
    name: info.name,
    task_id: info.task_id,
    framework_id: { value: executor.frameworkId },
    ...(isGenerated(executor.kind) ? {} : { executor_id: { value: executor.id } }),
    agent_id: info.agent_id,
    state: 'TASK_STAGING',
    ...(info.resources ? { resources: info.resources } : {}),
    ...(info.labels ? { labels: info.labels } : {}),
    ...(info.discovery ? { discovery: info.discovery } : {}),
    ...(info.container ? { container: containerWithoutSecrets(info.container) } : {}),
    ...(user === undefined ? {} : { user }),
    ...(info.health_check ? { health_check: healthCheckWithoutSecrets(info.health_check) } : {}),
    ...(info.kill_policy ? { kill_policy: info.kill_policy } : {}),
    ...(info.limits ? { limits: info.limits } : {}),
  };
}

/** Takes a status into a task: its newest state, and its history. */
export function recordStatus(task: Task, status: TaskStatus): void {
  task.state = status.state;
  task.statuses = addStatus(task.statuses, status);
}

/** Records that the framework was sent an update. A restarted master answers reconciliation with its state. */
export function recordForwarded(task: Task, { status, uuid }: StatusUpdate): void {
  task.status_update_state = status.state;
  if (uuid !== undefined) task.status_update_uuid = uuid;
}
