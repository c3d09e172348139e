import type { ContainerID, Task } from '@meseta/protocol/browser';

/**
 * Returns the path of a task's sandbox in its agent's files. A pod's task has its own within that of its executor, as its statuses
 * say; before the first one, the path is the executor's.
 */
export function sandboxPath(task: Task): string {
  const ids = (task.statuses ?? []).map(({ container_status }) => container_status?.container_id);
  return executorPath(task) + nested(ids.findLast(id => id?.parent !== undefined));
}

/** Returns the path of the sandbox of a task's executor, which is that of the task as well unless it is in a pod. */
export function executorPath({ task_id, framework_id, executor_id }: Task): string {
  return `/frameworks/${framework_id.value}/executors/${executor_id?.value || task_id.value}/runs/latest`;
}

function nested(id: ContainerID | undefined): string {
  return id?.parent === undefined ? '' : `${nested(id.parent)}/containers/${id.value}`;
}
