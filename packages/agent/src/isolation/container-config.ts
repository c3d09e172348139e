/** Describes executors and their containers to hooks and isolators. */
import type { ContainerConfig, ExecutorInfo, TaskInfo } from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import type { Executor } from '../state/executor.ts';
import { limitsOf } from '../views/allocated.ts';

/**
 * Returns the description of an executor for hooks. A command task has no executor program, so its executor has the
 * command and the resources of the task.
 *
 * @param task of a command task.
 */
export function executorForHooks({ info }: Executor, task: TaskInfo | undefined): ExecutorInfo {
  if (task === undefined) return info;
  const { command = {}, resources } = task;
  const { resources: _, ...rest } = info;
  return { ...rest, command, ...(resources && { resources }) };
}

/**
 * Returns the description of an executor for its launch, which includes the resources of the waiting tasks, so that its
 * container has some.
 */
export function launchedExecutor(executor: Executor, task: TaskInfo | undefined): ExecutorInfo {
  const described = executorForHooks(executor, task);
  if (task !== undefined) return described;
  const queued = [...executor.queuedTasks.values()].map(({ resources }) => Resources.of(resources));
  const resources = Resources.sum([Resources.of(described.resources), ...queued]);
  return resources.isEmpty ? described : { ...described, resources: resources.toArray() };
}

/**
 * Returns the configuration of a container for isolators. As in Mesos, a command task has the resources of its executor on
 * top of its own, although that is no process here: statistics and messages about limits show the sum.
 *
 * @param info from {@link launchedExecutor}.
 */
export function containerConfig(executor: Executor, info: ExecutorInfo, task: TaskInfo | undefined): ContainerConfig {
  const { directory, user, info: own, queuedTasks } = executor;
  const { command = {}, container } = info;
  const resources = task
    ? Resources.sum([own, task].map(each => Resources.of(each.resources))).toArray()
    : info.resources;
  const limits = Object.entries(limitsOf(own.resources, task ? [task] : [...queuedTasks.values()]));
  return {
    directory,
    command_info: command,
    executor_info: info,
    ...(user !== undefined && { user }),
    ...(task && { task_info: task }),
    ...(container && { container_info: container }),
    ...(resources && { resources }),
    ...(limits.length > 0 && { limits: Object.fromEntries(limits.map(([name, value]) => [name, { value }])) }),
  };
}
