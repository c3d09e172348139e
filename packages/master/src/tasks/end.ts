/** Ends tasks by decision of the master, and removes tasks that have ended. */
import type { Task, TaskStatus, WireId } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import type { Framework } from '../state/framework.ts';
import { applyStatus } from './apply-status.ts';
import { countEnd } from './count-end.ts';
import { masterStatus, type StatusDetails, sendStatus } from './status.ts';

/**
 * Ends a task by decision of the master: sets the state, frees its resources, sends the status to the framework, and
 * moves the task to the framework's history.
 *
 * @param details `agentId` and `executorId` are filled in from the task.
 */
export function endTask(context: MasterContext, task: Task, framework: Framework, details: StatusDetails): void {
  const status = masterStatus(context, task.task_id.value, {
    ...details,
    agentId: task.agent_id.value,
    executorId: task.executor_id?.value,
  });
  applyStatus(context, task, status, status.state, framework);
  sendStatus(framework, status);
  removeTask(context, task, framework);
}

/**
 * Removes a task that has ended or become unreachable, and frees the resources it still holds.
 *
 * @param unreachable whether its agent is unreachable; the task then goes to the history of unreachable tasks.
 */
export function removeTask(context: MasterContext, task: Task, framework: Framework, unreachable = false): void {
  const agent = context.cluster.agentWithTasks(task.agent_id.value);
  const killed = agent?.killedTasks.get(framework.id);
  if (killed?.delete(task.task_id.value) && killed.size === 0) agent?.killedTasks.delete(framework.id);
  const freed = context.cluster.removeTask(task, framework, agent, unreachable);
  if (!freed.isEmpty) context.allocation.recover(framework.id, task.agent_id.value, freed);
}

/** Sends a framework the status of a task that was never launched: validation refused it, or its offer was gone. */
export function tellTaskNeverStarted(
  context: MasterContext,
  framework: Framework,
  taskId: WireId<'task'>,
  details: StatusDetails,
): TaskStatus {
  const status = masterStatus(context, taskId, details);
  countEnd(context, status);
  sendStatus(framework, status);
  return status;
}
