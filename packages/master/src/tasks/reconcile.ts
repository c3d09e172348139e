import type { Task, TaskState, WireId } from '@meseta/protocol';
import { ready, Slice, type Steps } from '@meseta/system';
import type { MasterContext } from '../context.ts';
import type { Framework } from '../state/framework.ts';
import { lostState, masterStatus, type StatusDetails, sendStatus } from './status.ts';

/** A task that a framework asks about. */
export interface TaskQuestion {
  readonly taskId: WireId<'task'>;
  readonly agentId?: WireId<'agent'> | undefined;
}

/**
 * Sends a framework the statuses of the tasks it asks about, or of all its tasks when it names none: for a few
 * milliseconds in each turn of the event loop, each task's status as it is when its turn comes. Ends when the scheduler
 * that asked is gone, because its successor asks for itself.
 *
 * @see Mesos src/master/master.cpp, Master::reconcile
 */
export function* reconcile(context: MasterContext, framework: Framework, questions: readonly TaskQuestion[]): Steps {
  const { connection } = framework;
  const slice = new Slice();
  const all = questions.length === 0;
  for (const each of all ? framework.tasks.values() : questions) {
    if ('taskId' in each) reconcileTask(context, framework, each);
    else sendStatus(framework, masterStatus(context, each.task_id.value, knownTask(each)));
    if (slice.isOver) yield* ready(slice.giveWay());
    if (framework.connection !== connection) return;
  }
}

/** Sends a framework the status of a task, but nothing while the task's agent may still register and report it. */
export function reconcileTask(context: MasterContext, framework: Framework, question: TaskQuestion): void {
  const details = answer(context, framework, question);
  if (details) sendStatus(framework, masterStatus(context, question.taskId, details));
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
  const unreachable = cluster.unreachableAgents.get(agentId);
  if (unreachable) return unknown('TASK_UNREACHABLE', 'Task is unreachable', unreachable.since.nanoseconds);
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
