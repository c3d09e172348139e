/** A task that an operator kills. */
import { isTerminal, type KillPolicy, type Task, type WireId } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import type { Framework } from '../state/framework.ts';
import { killTask } from './kill.ts';

/** The kill was sent, or will be. */
export interface KillTaken {
  readonly agentId: string;
  /** Whether the agent is connected, so that the kill was sent at once. */
  readonly sent: boolean;
  /** A sentence for the operator. */
  readonly message: string;
}

/** Why there is nothing to kill. */
export interface KillRefused {
  readonly code: 'TASK_NOT_FOUND' | 'TASK_ENDED' | 'TASK_UNREACHABLE';
  /** A sentence for the operator. */
  readonly message: string;
}

/** What an operator wants to be killed. */
export interface OperatorKill {
  readonly taskId: WireId<'task'>;
  readonly killPolicy?: KillPolicy | undefined;
  /** The principal of the operator; undefined: anonymous. */
  readonly by: string | undefined;
}

/**
 * Sends the agent the message that it would get if the framework had asked. The framework, connected or not, gets the status
 * as always. Nothing is done when the task has ended or its agent is unreachable.
 */
export function killByOperator(
  context: MasterContext,
  framework: Framework,
  kill: OperatorKill,
): KillTaken | KillRefused {
  const { taskId, killPolicy, by } = kill;
  const { cluster, log } = context;
  const task = taskToKill(context, framework, taskId);
  if ('code' in task) return task;
  const agentId = task.agent_id.value;
  log.info('An operator kills a task', {
    principal: by,
    framework_id: framework.id,
    task_id: taskId,
    agent_id: agentId,
  });
  killTask(context, framework, { taskId, killPolicy });
  const sent = cluster.agents.get(agentId)?.connected === true;
  const message = sent
    ? `The kill of task '${taskId}' was sent to agent ${agentId}`
    : `Agent ${agentId} is disconnected: it gets the kill of task '${taskId}' when it is back, unless it becomes unreachable before`;
  return { agentId, sent, message };
}

/** Returns a task that can be killed; or why there is none. */
export function taskToKill(context: MasterContext, framework: Framework, taskId: WireId<'task'>): Task | KillRefused {
  const task = framework.tasks.get(taskId);
  if (!task) return missing(context, framework, taskId);
  return isTerminal(task.state) ? ended(task) : task;
}

/** Returns a task that a framework has or had, whether it can be killed or not. */
export function findTask(framework: Framework, taskId: WireId<'task'>): Task | undefined {
  return framework.tasks.get(taskId) ?? framework.unreachableTasks.get(taskId) ?? framework.completedTasks.get(taskId);
}

function missing({ cluster }: MasterContext, framework: Framework, taskId: WireId<'task'>): KillRefused {
  const unreachable = framework.unreachableTasks.get(taskId);
  if (unreachable) {
    const agent = unreachable.agent_id.value;
    const message =
      `Task '${taskId}' is on agent ${agent}, which is unreachable and gets no messages: nothing was done. The task runs on ` +
      'as long as its machine does. Kill it when the agent is back, or mark the agent gone if it will not come back';
    return { code: 'TASK_UNREACHABLE', message };
  }
  const completed = framework.completedTasks.get(taskId);
  if (completed) return ended(completed);
  const away = cluster.recoveredAgents.size;
  const hint =
    away === 0 ? '' : `. ${away} agents have not come back yet since this master leads; it may be on one of them`;
  return { code: 'TASK_NOT_FOUND', message: `Framework '${framework.id}' has no task '${taskId}'${hint}` };
}

const ended = ({ task_id, state }: Task): KillRefused => ({
  code: 'TASK_ENDED',
  message: `Task '${task_id.value}' has ended already: ${state}`,
});
