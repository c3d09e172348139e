/** What hooks and isolators are told of executors and their containers. */
import type { ContainerConfig, ExecutorInfo, TaskInfo } from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import type { Executor } from '../state/executor.ts';

/**
 * The executor as hooks are told of it. That of a command task, which has no program of its own, is its task's command
 * with its task's resources.
 *
 * @param task of a command task.
 */
export function toldExecutor({ info }: Executor, task: TaskInfo | undefined): ExecutorInfo {
  if (task === undefined) return info;
  const { command = {}, resources } = task;
  const { resources: _, ...rest } = info;
  return { ...rest, command, ...(resources && { resources }) };
}

/** The executor as it is launched: with the resources of the tasks that wait for it, so that a container has some. */
export function launchedExecutor(executor: Executor, task: TaskInfo | undefined): ExecutorInfo {
  const told = toldExecutor(executor, task);
  if (task !== undefined) return told;
  const queued = [...executor.queuedTasks.values()].map(({ resources }) => Resources.of(resources));
  const resources = Resources.sum([Resources.of(told.resources), ...queued]);
  return resources.isEmpty ? told : { ...told, resources: resources.toArray() };
}

/** The container as isolators prepare it. @param info as by {@link launchedExecutor}. */
export function containerConfig(
  { directory, user }: Executor,
  info: ExecutorInfo,
  task: TaskInfo | undefined,
): ContainerConfig {
  const { command = {}, container, resources } = info;
  return {
    directory,
    command_info: command,
    executor_info: info,
    ...(user !== undefined && { user }),
    ...(task && { task_info: task }),
    ...(container && { container_info: container }),
    ...(resources && { resources }),
    ...(task?.limits && { limits: task.limits }),
  };
}
