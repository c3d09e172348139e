import type { TaskInfo } from '@meseta/protocol';
import type { RegisteredContext } from '../context.ts';
import type { Executor } from '../state/executor.ts';

/**
 * Returns the fields by which the output of a container is found in the journal, with the names that the container logger of
 * DC/OS has given them, and the task's.
 */
export function logLabels(
  { agent }: RegisteredContext,
  executor: Executor,
  task: TaskInfo | undefined,
): Readonly<Record<string, string>> {
  return {
    ...{ FRAMEWORK_ID: executor.frameworkId, AGENT_ID: agent.id, EXECUTOR_ID: executor.id },
    ...(task && { TASK_ID: task.task_id.value }),
  };
}
