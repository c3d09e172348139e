import { checkId, type KillPolicy, KillTaskMessage, type TaskId, type WireId } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import type { Framework } from '../state/framework.ts';
import { reconcileTask } from './reconcile.ts';

/** A task to kill, as a framework names it. */
export interface TaskKill {
  readonly taskId: WireId<'task'>;
  readonly agentId?: WireId<'agent'> | undefined;
  readonly killPolicy?: KillPolicy | undefined;
}

/**
 * Sends a kill to the task's agent when the agent is connected, and again when it re-registers. For an unknown task, the
 * framework gets a status as for a reconciliation.
 *
 * @see Mesos src/master/master.cpp, Master::kill
 */
export function killTask(context: MasterContext, framework: Framework, kill: TaskKill): void {
  const { taskId, agentId, killPolicy } = kill;
  const about = { framework_id: framework.id, task_id: taskId, agent_id: agentId };
  const task = framework.tasks.get(taskId);
  if (!task) {
    context.log.warning('Cannot kill an unknown task; reconciling it', about);
    reconcileTask(context, framework, { taskId, agentId });
    return;
  }
  if (agentId !== undefined && agentId !== task.agent_id.value) {
    context.log.warning('Ignored a kill that names the wrong agent', { ...about, agent: task.agent_id.value });
    return;
  }
  const agent = context.cluster.agents.get(task.agent_id.value);
  if (!agent) return;
  const killed = agent.killedTasks.get(framework.id) ?? new Set<TaskId>();
  agent.killedTasks.set(framework.id, killed.add(checkId(taskId)));
  if (!agent.connected) {
    context.log.warning('The agent of a task to kill is disconnected; the kill will be sent when it is back', about);
    return;
  }
  context.log.info('Killing task', { ...about, agent_id: agent.id });
  context.sendToAgent(agent, KillTaskMessage, {
    framework_id: { value: framework.id },
    task_id: { value: taskId },
    ...(killPolicy && { kill_policy: killPolicy }),
  });
}
