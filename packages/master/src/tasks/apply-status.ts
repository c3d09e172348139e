import { addStatus, isTerminal, type Task, type TaskState, type TaskStatus } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import type { Framework } from '../state/framework.ts';
import { countEnd } from './count-end.ts';

/**
 * Applies a status to a task. The framework gets `status`; `latest` may be newer, and decides on the resources.
 *
 * @see Mesos src/master/master.cpp, Master::updateTask
 */
export function applyStatus(
  context: MasterContext,
  task: Task,
  status: TaskStatus,
  latest: TaskState,
  framework: Framework,
): void {
  // A task that has ended stays so: after the master ended it, late updates of the agent may arrive.
  const state = isTerminal(task.state) ? task.state : latest;
  const agent = context.cluster.agentWithTasks(task.agent_id.value);
  const ended = !isTerminal(task.state) && isTerminal(state);
  task.status_update_state = status.state;
  const freed = context.cluster.updateTask(task, status, state, framework, agent);
  task.statuses = addStatus(task.statuses, status);
  if (ended) countEnd(context, status.state === state ? status : { ...status, state, reason: undefined });
  if (!freed.isEmpty) context.allocation.recover(framework.id, task.agent_id.value, freed);
}
