/**
 * Hands queued tasks to running executors, each after it is written down. Left out are those killed meanwhile, and those
 * whose labels are being decorated: they are delivered when that is done.
 */
import type { TaskId, TaskInfo } from '@meseta/protocol';
import type { RegisteredContext } from '../context.ts';
import { updateContainer } from '../isolation/update.ts';
import type { Executor } from '../state/executor.ts';
import type { Framework } from '../state/framework.ts';
import { type AgentStatus, droppedState, markLaunched, sendAgentStatus } from '../task-updates.ts';
import { writeTask } from './start-operations.ts';

/** Hands over all that is queued: tasks one by one, and groups as a whole. */
export async function deliverQueued(
  context: RegisteredContext,
  framework: Framework,
  executor: Executor,
): Promise<void> {
  const groups = [...executor.queuedGroups];
  const inGroups = new Set(groups.flat());
  const single = [...executor.queuedTasks].flatMap(([id, task]) => (inGroups.has(id) ? [] : [task]));
  await deliver(context, framework, executor, single);
  for (const group of groups) await deliverGroup(context, framework, executor, group);
}

/** Hands over single tasks. */
export async function deliver(
  context: RegisteredContext,
  framework: Framework,
  executor: Executor,
  tasks: readonly TaskInfo[],
): Promise<void> {
  for (const { task_id } of tasks) {
    const taskId = task_id.value;
    const task = executor.queuedTasks.get(taskId); // it may have been decorated since
    if (!task || executor.decorating.has(taskId)) continue;
    if (!(await written(context, framework, executor, [task]))) continue;
    if (executor.state !== 'RUNNING' || !executor.connection || !executor.queuedTasks.has(taskId)) continue;
    markLaunched(context, executor, task);
    executor.connection.launch(task);
  }
}

/** Hands over the tasks of a group together. @param group one of the queued ones. */
export async function deliverGroup(
  context: RegisteredContext,
  framework: Framework,
  executor: Executor,
  group: readonly TaskId[],
): Promise<void> {
  const { queuedGroups, queuedTasks, decorating, connection } = executor;
  if (!queuedGroups.has(group) || group.some(taskId => decorating.has(taskId))) return;
  const tasks = group.map(taskId => queuedTasks.get(taskId)).filter(task => task !== undefined);
  if (connection && !connection.launchGroup) {
    const message = `Executor '${executor.id}' uses the v0 driver, which takes no task groups`;
    const refusal: AgentStatus = { state: 'TASK_ERROR', reason: 'REASON_TASK_GROUP_INVALID', message };
    return dropQueued(context, framework, executor, tasks, refusal);
  }
  if (!(await written(context, framework, executor, tasks))) return;
  if (executor.state !== 'RUNNING' || !queuedGroups.has(group)) return;
  for (const task of tasks) markLaunched(context, executor, task);
  executor.connection?.launchGroup?.(tasks);
}

/** Ends queued tasks, which were not handed over. */
export async function dropQueued(
  context: RegisteredContext,
  framework: Framework,
  executor: Executor,
  tasks: readonly TaskInfo[],
  status: AgentStatus,
): Promise<void> {
  const sent = tasks.map(({ task_id }) => sendAgentStatus(context, framework, task_id.value, executor, status));
  await Promise.all(sent);
}

/** Writes tasks down, and gives the executor's container what they need. When that fails, all of them are dropped. */
async function written(
  context: RegisteredContext,
  framework: Framework,
  executor: Executor,
  tasks: readonly TaskInfo[],
): Promise<boolean> {
  try {
    for (const task of tasks) await writeTask(context, executor, task);
  } catch (error) {
    context.log.error('Failed to hand tasks to their executor', {
      error,
      executor_id: executor.id,
      task_ids: tasks.map(({ task_id }) => task_id.value),
    });
    const queued = tasks.filter(({ task_id }) => executor.queuedTasks.has(task_id.value));
    await dropQueued(context, framework, executor, queued, {
      state: droppedState(framework),
      reason: 'REASON_CONTAINER_LAUNCH_FAILED',
      message: `Failed to prepare the task: ${(error as Error).message}`,
      unlaunched: true,
    });
    return false;
  }
  await updateContainer(context, executor);
  return true;
}
