/** The ends of an agent at the master: unreachable, gone, or removed. The registry always knows first. */
import { isTerminal, ShutdownMessage, type Task, type TaskState, type TaskStatusReason } from '@meseta/protocol';
import { inSlices } from '@meseta/system';
import type { MasterContext } from '../context.ts';
import { removeAgentOperation } from '../registrar/agents.ts';
import { removeExecutor } from '../remove-executor.ts';
import type { Agent } from '../state/agent.ts';
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
    await forgetAgent(context, agent, { state: () => 'TASK_LOST', reason: 'REASON_AGENT_REMOVED', message });
  });
}

/** Asks an agent to end itself. The message may be lost. */
export function shutDownAgent(context: MasterContext, pid: string, message: string): void {
  context.messages.send(pid, ShutdownMessage, { message });
}

/**
 * Removes an agent from the master's state, after the registry has recorded the removal. Calls and messages do not find
 * it from now on. Thousands of tasks are ended over several turns of the event loop: the agent must not be admitted again
 * before that, so this belongs into a transition.
 *
 * @returns undefined when all of its tasks have ended already; else resolves when they have.
 */
export function forgetAgent(context: MasterContext, agent: Agent, end: TasksEnd): Promise<void> | undefined {
  const { cluster, agentConnections } = context;
  if (cluster.agents.get(agent.id) !== agent) return undefined;
  agentConnections.end(agent.id);
  context.authentication.release(agent.pid);
  deactivateAgent(context, agent);
  for (const operation of [...agent.operations.values()]) removeOperation(context, operation);
  cluster.beginAgentRemoval(agent);
  return inSlices(forgetting(context, agent, end));
}

/** Ends what the agent has, a step at a time. Its frameworks may go in between, and take their part along. */
function* forgetting(context: MasterContext, agent: Agent, end: TasksEnd): Generator<void> {
  const { cluster, allocation, agentConnections, metrics } = context;
  for (const [frameworkId, tasks] of agent.tasks) {
    for (const task of tasks.values()) {
      const framework = cluster.frameworkWithTasks(frameworkId);
      if (framework) forgetTask(context, agent, task, framework, end);
      yield;
      if (agentConnections.ended) return; // this term sends nothing any more
    }
  }
  for (const [frameworkId, executors] of agent.executors) {
    for (const executorId of executors.keys()) {
      const framework = cluster.frameworkWithTasks(frameworkId);
      if (framework) removeExecutor(context, framework, agent, executorId);
      yield;
      if (agentConnections.ended) return;
    }
  }
  allocation.removeAgent(agent.id);
  cluster.removeAgent(agent);
  metrics.counter('master/slave_removals').increment();
  tellAgentLost(context, agent.id, agent.info);
}

function forgetTask(context: MasterContext, agent: Agent, task: Task, framework: Framework, end: TasksEnd): void {
  const ended = isTerminal(task.state);
  // The framework was sent the end, and gets it again when its acknowledgement was lost and the agent is back.
  if (ended && task.status_update_state && isTerminal(task.status_update_state)) {
    removeTask(context, task, framework);
    return;
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
