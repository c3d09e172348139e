import type { Task, TaskState, WireId } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import type { Framework } from '../state/framework.ts';
import { lostState, masterStatus, type StatusDetails, sendStatus } from './status.ts';

/** A task that a framework asks about. */
export interface TaskQuestion {
  readonly taskId: WireId<'task'>;
  readonly agentId?: WireId<'agent'> | undefined;
}

/**
 * Sends a framework the statuses of the tasks it asks about, or of all its tasks when it names none. Sends nothing about
 * a task whose agent may still register and report it.
 *
 * @see Mesos src/master/master.cpp, Master::reconcile
 */
export function reconcile(context: MasterContext, framework: Framework, questions: readonly TaskQuestion[]): void {
  if (questions.length === 0) {
    for (const task of framework.tasks.values()) {
      sendStatus(framework, masterStatus(context, task.task_id.value, knownTask(task)));
    }
    return;
  }
  for (const question of questions) {
    const details = answer(context, framework, question);
    if (details) sendStatus(framework, masterStatus(context, question.taskId, details));
  }
}

/** Returns the status to answer with; undefined while the agent may still register and report it. */
function answer(context: MasterContext, framework: Framework, question: TaskQuestion): StatusDetails | undefined {
  const { cluster } = context;
  const { taskId } = question;
  // Mesos says TASK_UNKNOWN, which frameworks take for the end, where it has the task but is not given the agent.
  const agentId = question.agentId ?? framework.unreachableTasks.get(taskId)?.agent_id.value;
  const task = framework.tasks.get(taskId);
  if (task) return knownTask(task);
  const unknown = (aware: TaskState, message: string, unreachableTimeNs?: number): StatusDetails => ({
    state: lostState(framework, aware),
    reason: 'REASON_RECONCILIATION',
    message: `Reconciliation: ${message}`,
    agentId,
    unreachableTimeNs,
  });
  const recovering = agentId === undefined ? cluster.recoveredAgents.size > 0 : cluster.recoveredAgents.has(agentId);
  if (recovering) return undefined;
  if (agentId === undefined) return unknown('TASK_UNKNOWN', 'Task is unknown');
  if (cluster.agents.has(agentId)) return unknown('TASK_GONE', 'Task is unknown to the agent');
  const unreachableSince = cluster.unreachableAgents.get(agentId);
  if (unreachableSince) return unknown('TASK_UNREACHABLE', 'Task is unreachable', unreachableSince.nanoseconds);
  if (cluster.goneAgents.has(agentId)) return unknown('TASK_GONE_BY_OPERATOR', 'Task is gone');
  return unknown('TASK_UNKNOWN', 'Task is unknown');
}

/** Returns the status that the framework was sent last, which may be older than the agent's. */
function knownTask(task: Task): StatusDetails {
  return {
    state: task.status_update_state ?? task.state,
    reason: 'REASON_RECONCILIATION',
    message: 'Reconciliation: Latest task state',
    agentId: task.agent_id.value,
    executorId: task.executor_id?.value,
    healthy: task.statuses?.at(-1)?.healthy,
    checkStatus: task.statuses?.at(-1)?.check_status,
    containerStatus: task.statuses?.findLast(({ container_status }) => container_status)?.container_status,
  };
}
