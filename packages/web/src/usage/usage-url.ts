import type { Task } from '@meseta/protocol/browser';

/** Returns where the agent of a task shows what its executor uses, through the master. A command task is its own executor. */
export function usageUrl({ agent_id, framework_id, executor_id, task_id }: Task): string {
  const query = new URLSearchParams({
    framework_id: framework_id.value,
    executor_id: executor_id?.value ?? task_id.value,
  });
  return `/agents/${encodeURIComponent(agent_id.value)}/containers?${query}`;
}
