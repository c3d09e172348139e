import type { ContainerID, Task } from '@meseta/protocol/browser';

/**
 * Returns the path of a task's sandbox in its agent's files. A pod's task has its own within that of its executor, as its statuses
 * say; before the first one, the path is the executor's.
 */
export function sandboxPath({ task_id, framework_id, executor_id, statuses = [] }: Task): string {
  const ids = statuses.map(({ container_status }) => container_status?.container_id);
  const executor = executor_id?.value || task_id.value;
  const run = `/frameworks/${framework_id.value}/executors/${executor}/runs/latest`;
  return run + nested(ids.findLast(id => id?.parent !== undefined));
}

function nested(id: ContainerID | undefined): string {
  return id?.parent === undefined ? '' : `${nested(id.parent)}/containers/${id.value}`;
}
