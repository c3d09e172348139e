/** The ends of an agent at the master: unreachable, gone, or removed. The registry always knows first. */
import { isTerminal, ShutdownMessage, type TaskState, type TaskStatusReason, type WireId } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import { removeAgentOperation } from '../registrar/agents.ts';
import { removeExecutor } from '../remove-executor.ts';
import type { Agent } from '../state/agent.ts';
import type { Cluster } from '../state/cluster.ts';
import type { Framework } from '../state/framework.ts';
import { applyStatus } from '../tasks/apply-status.ts';
import { removeTask } from '../tasks/end.ts';
import { removeOperation } from '../tasks/operations.ts';
import { masterStatus, sendStatus } from '../tasks/status.ts';
import { deactivateAgent } from './activation.ts';
import { tellAgentLost } from './tell-lost.ts';

/** What becomes of a removed agent's tasks. */
export interface TasksEnd {
  readonly state: (framework: Framework) => TaskState;
  readonly reason: TaskStatusReason;
  readonly message: string;
  readonly unreachableTimeNs?: number;
}

/**
 * Removes an agent that unregistered, was replaced at its address, or whose machine went down; its tasks are lost.
 *
 * @param why for log and status messages.
 * @param metric of `master/slave_removals/reason_…`.
 */
export async function removeAgent(context: MasterContext, agent: Agent, why: string, metric: string): Promise<void> {
  await context.agentConnections.transition(agent.id, 'removing', async () => {
    context.log.info(`Removing agent: ${why}`, { agent_id: agent.id });
    deactivateAgent(context, agent);
    await context.registrar.apply(removeAgentOperation(agent.id));
    context.metrics.counter(`master/slave_removals/reason_${metric}`).increment();
    const message = `Agent ${agent.info.hostname} removed: ${why}`;
    forgetAgent(context, agent, { state: () => 'TASK_LOST', reason: 'REASON_AGENT_REMOVED', message });
  });
}

/** Asks an agent to end itself. The message may be lost. */
export function shutDownAgent(context: MasterContext, pid: string, message: string): void {
  context.messages.send(pid, ShutdownMessage, { message });
}

/** Removes an agent from the master's state, after the registry has recorded the removal. */
export function forgetAgent(context: MasterContext, agent: Agent, end: TasksEnd): void {
  const { cluster, allocation, agentConnections, metrics } = context;
  if (cluster.agents.get(agent.id) !== agent) return;
  agentConnections.end(agent.id);
  context.authentication.release(agent.pid);
  deactivateAgent(context, agent);
  for (const operation of [...agent.operations.values()]) removeOperation(context, operation);
  for (const [frameworkId, tasks] of [...agent.tasks]) {
    const framework = withTasks(cluster, frameworkId);
    if (!framework) continue;
    for (const task of [...tasks.values()]) {
      const ended = isTerminal(task.state);
      // The framework was sent the end, and gets it again when its acknowledgement was lost and the agent is back.
      if (ended && task.status_update_state && isTerminal(task.status_update_state)) {
        removeTask(context, task, framework);
        continue;
      }
      const status = masterStatus(context, task.task_id.value, {
        ...end,
        state: end.state(framework),
        agentId: agent.id,
        executorId: task.executor_id?.value,
      });
      applyStatus(context, task, status, status.state, framework);
      sendStatus(framework, status);
      removeTask(context, task, framework, end.unreachableTimeNs !== undefined && !ended);
    }
  }
  for (const [frameworkId, executors] of [...agent.executors]) {
    const framework = withTasks(cluster, frameworkId);
    if (!framework) continue;
    for (const executorId of [...executors.keys()]) removeExecutor(context, framework, agent, executorId);
  }
  allocation.removeAgent(agent.id);
  cluster.removeAgent(agent);
  metrics.counter('master/slave_removals').increment();
  tellAgentLost(context, agent.id, agent.info);
}

/** Returns a framework that may have tasks: one that is being removed, too. */
function withTasks({ frameworks, frameworksBeingRemoved }: Cluster, id: WireId<'framework'>): Framework | undefined {
  return frameworks.get(id) ?? frameworksBeingRemoved.get(id);
}
