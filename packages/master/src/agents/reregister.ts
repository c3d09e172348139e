import {
  type AgentID,
  type AgentId,
  type AgentInfo,
  checkId,
  isTerminal,
  KillTaskMessage,
  type ReconcileTasksMessage,
  type ReregisterSlaveMessage,
  ShutdownFrameworkMessage,
  SlaveReregisteredMessage,
  type Task,
  UpdateFrameworkMessage,
} from '@meseta/protocol';
import type { Clock } from '@meseta/system';
import type { MasterContext } from '../context.ts';
import { readmitAgentOperation } from '../registrar/agents.ts';
import { removeExecutor } from '../remove-executor.ts';
import { Agent } from '../state/agent.ts';
import type { Framework } from '../state/framework.ts';
import { masterStatus, sendStatus } from '../tasks/status.ts';
import {
  adoptExecutors,
  adoptFrameworks,
  adoptTasks,
  adoptUnknownTask,
  forgetUnreachableTasks,
  rememberCompleted,
} from './adopt.ts';
import { reconnectAgent } from './connect.ts';
import { resumeDraining } from './drain.ts';
import { ipOf, isMachineDown } from './machines.ts';
import { addAgent, connectionOf, refusalOf, registrationOf } from './register.ts';
import { shutDownAgent } from './remove.ts';
import { reregistrationProblem } from './validate.ts';

/** How long tries that were on their way may come after the one that was taken. */
const retryMs = 5000;

/**
 * An agent with an id is back: its connection broke, the master changed, or it was out of reach. Mistakes are not
 * answered: agents try again.
 *
 * @see Mesos src/master/master.cpp, Master::reregisterSlave
 */
export async function reregisterAgent(
  context: MasterContext,
  from: string,
  message: ReregisterSlaveMessage,
  peer: string,
): Promise<void> {
  const { clock, cluster, agentConnections, registrar, log, metrics } = context;
  const problem = refusalOf(context, message) ?? reregistrationProblem(message);
  if (problem !== undefined) {
    log.warning(`Ignored the re-registration of an agent: ${problem}`, {
      pid: from,
      agent_id: message.agent.id?.value,
    });
    return;
  }
  const id = checkId((message.agent.id as AgentID).value);
  const existing = cluster.agents.get(id);
  if (existing?.connected && existing.pid === from && existing.peer !== peer) {
    metrics.counter('master/dropped_messages').increment();
    return;
  }
  const shutdown = shutdownReason(context, from, id, message.agent, existing);
  if (shutdown !== undefined) {
    log.warning(`Shutting an agent down: ${shutdown}`, { pid: from, agent_id: id });
    shutDownAgent(context, from, shutdown);
    return;
  }
  if (existing?.connected && existing.pid !== from && context.messages.isBound(existing.pid)) {
    // A restarted agent's old connection ends with its old process, and agents try again.
    metrics.counter('master/dropped_messages').increment();
    log.warning('Ignored the re-registration of an agent: the registered one is still connected', {
      pid: from,
      agent_id: id,
      registered_pid: existing.pid,
    });
    return;
  }
  await agentConnections.transition(id, 'reregistering', async () => {
    const wasUnreachable = cluster.unreachableAgents.has(id);
    await registrar.apply(readmitAgentOperation(id, message.agent));
    // What ends with its old connection has ended before its tasks are compared.
    await agentConnections.of(id)?.ending;
    // It may have been forgotten while the registry was written, but not removed: that is a transition too.
    const known = cluster.agents.get(id);
    if (known && isRetry(known, message, from, clock.steady())) return sendReregistered(context, known, []);
    if (known) takeBack(context, known, message, from, peer);
    else takeIn(context, message, from, peer, wasUnreachable);
    metrics.counter('master/slave_reregistrations').increment();
    log.info('Re-registered agent', { agent_id: id, pid: from, hostname: message.agent.hostname });
  });
}

/**
 * Tells whether a message is a repetition by the same process, which has not received the answer to the first one yet.
 * Handling it again would rescind offers made meanwhile, and close a connection that a launch or a kill may be using.
 * Only for a short time: an agent that continues to repeat it does not get the answer, and needs a new connection.
 */
function isRetry(agent: Agent, message: ReregisterSlaveMessage, from: string, steadyMs: number): boolean {
  const { connected, pid, reregisteredSteadyMs, resourceVersion } = agent;
  if (!connected || pid !== from || steadyMs - reregisteredSteadyMs > retryMs) return false;
  return resourceVersion !== undefined && resourceVersion === message.resource_version_uuid?.value;
}

function noteTime(agent: Agent, clock: Clock): void {
  agent.reregisteredAt = clock.now();
  agent.reregisteredSteadyMs = clock.steady();
}

function shutdownReason(
  context: MasterContext,
  from: string,
  id: AgentId,
  { hostname }: AgentInfo,
  existing: Agent | undefined,
): string | undefined {
  if (context.cluster.goneAgents.has(id)) return 'Agent has been marked gone';
  if (isMachineDown(context, from, hostname)) return 'Machine is `DOWN`';
  if (existing && (ipOf(existing.pid) !== ipOf(from) || existing.info.hostname !== hostname)) {
    return 'Agent attempted to re-register with different IP / hostname';
  }
  return undefined;
}

/** Adds an agent that this master does not have, with everything it runs. */
function takeIn(
  context: MasterContext,
  message: ReregisterSlaveMessage,
  from: string,
  peer: string,
  wasUnreachable: boolean,
): void {
  const { cluster, clock } = context;
  const agent = new Agent(
    checkId((message.agent.id as AgentID).value),
    registrationOf(message, from, peer),
    clock.now(),
  );
  noteTime(agent, clock);
  if (wasUnreachable) forgetUnreachableTasks(context, agent);
  const returned: [Task, Framework][] = [];
  addAgent(context, agent, () => {
    adoptFrameworks(context, message.frameworks ?? []);
    adoptExecutors(context, agent, message.executor_infos ?? [], false);
    for (const [frameworkId, tasks] of Map.groupBy(message.tasks ?? [], task => task.framework_id.value)) {
      const framework = cluster.frameworks.get(frameworkId);
      if (!framework) continue; // it was torn down; the agent is notified below
      adoptTasks(context, tasks, framework, agent);
      for (const task of tasks) returned.push([task, framework]);
    }
    rememberCompleted(context, message.completed_frameworks ?? []);
  });
  sendReregistered(context, agent, []);
  updateFrameworks(context, agent, message);
  resumeDraining(context, agent);
  if (!wasUnreachable) return;
  for (const [task, framework] of returned) {
    const status = masterStatus(context, task.task_id.value, {
      state: task.state,
      reason: 'REASON_AGENT_REREGISTERED',
      message: 'Unreachable agent re-reregistered',
      agentId: agent.id,
      executorId: task.executor_id?.value,
    });
    sendStatus(framework, status);
  }
}

/** Updates an agent that this master still has, and reconciles what either side lacks. */
function takeBack(
  context: MasterContext,
  agent: Agent,
  message: ReregisterSlaveMessage,
  from: string,
  peer: string,
): void {
  if (agent.pid !== from) context.authentication.release(agent.pid);
  context.cluster.updateAgent(agent, registrationOf(message, from, peer));
  noteTime(agent, context.clock);
  const sent = new Map<string, Task>();
  for (const task of message.tasks ?? []) sent.set(`${task.framework_id.value}/${task.task_id.value}`, task);
  const reconciliations = missingTasks(context, agent, sent);
  dropMissingExecutors(context, agent, message);
  context.allocation.updateAgent(agent);
  adoptFrameworks(context, message.frameworks ?? []);
  adoptExecutors(context, agent, message.executor_infos ?? [], true);
  const ended = addUnknownTasks(context, agent, sent);
  for (const offer of [...agent.offers.values()]) context.offers.rescind(offer);
  reconnectAgent(context, agent);
  sendReregistered(context, agent, reconciliations);
  updateFrameworks(context, agent, message);
  for (const task of sent.values()) {
    const killed = agent.killedTasks.get(task.framework_id.value)?.has(task.task_id.value);
    if (!isTerminal(task.state) && (killed || ended.has(task))) sendKill(context, agent, task);
  }
  agent.killedTasks.clear();
  resumeDraining(context, agent);
}

/**
 * Handles tasks that the agent does not know: they were lost with a launch, or the launch is still on its way, which
 * only the agent can know.
 */
function missingTasks(context: MasterContext, agent: Agent, sent: ReadonlyMap<string, Task>): ReconcileTasksMessage[] {
  const reconciliations: ReconcileTasksMessage[] = [];
  for (const [frameworkId, tasks] of agent.tasks) {
    const statuses = [...tasks.values()]
      .filter(task => !sent.has(`${frameworkId}/${task.task_id.value}`))
      .map(task => ({
        task_id: task.task_id,
        state: task.status_update_state ?? task.state,
        agent_id: { value: agent.id },
        source: 'SOURCE_MASTER' as const,
        reason: 'REASON_RECONCILIATION' as const,
        message: 'Reconciliation: task unknown to the agent',
        timestamp: context.clock.now() / 1000,
      }));
    const framework = context.cluster.frameworks.get(frameworkId);
    if (statuses.length === 0) continue;
    reconciliations.push({
      framework_id: { value: frameworkId },
      statuses,
      ...(framework && { framework: framework.info }),
    });
  }
  return reconciliations;
}

function dropMissingExecutors(
  context: MasterContext,
  agent: Agent,
  { executor_infos = [] }: ReregisterSlaveMessage,
): void {
  const sent = new Set(
    executor_infos.map(({ framework_id, executor_id }) => `${framework_id?.value}/${executor_id.value}`),
  );
  for (const [frameworkId, executors] of [...agent.executors]) {
    const framework = context.cluster.frameworks.get(frameworkId);
    for (const executorId of [...executors.keys()]) {
      if (framework && !sent.has(`${frameworkId}/${executorId}`)) removeExecutor(context, framework, agent, executorId);
    }
  }
}

/**
 * Adds tasks that run on the agent and that the master does not know: otherwise their resources would count as free.
 * Tasks that the master has ended meanwhile, and reported to the framework, are to be killed instead.
 *
 * @returns the tasks to kill.
 */
function addUnknownTasks(context: MasterContext, agent: Agent, sent: ReadonlyMap<string, Task>): Set<Task> {
  const ended = new Set<Task>();
  for (const task of sent.values()) {
    const framework = context.cluster.frameworks.get(task.framework_id.value);
    const id = task.task_id.value;
    if (!framework || agent.task(framework.id, id) || isTerminal(task.state)) continue;
    if (framework.completedTasks.has(id)) ended.add(task);
    else adoptUnknownTask(context, task, framework, agent);
  }
  return ended;
}

function sendKill(context: MasterContext, agent: Agent, { framework_id, task_id }: Task): void {
  context.sendToAgent(agent, KillTaskMessage, { framework_id, task_id });
}

function sendReregistered(context: MasterContext, agent: Agent, reconciliations: ReconcileTasksMessage[]): void {
  const connection = connectionOf(context, agent);
  context.sendToAgent(agent, SlaveReregisteredMessage, { agent_id: { value: agent.id }, reconciliations, connection });
}

/** Sends the agent the present addresses of its frameworks, and which of them were removed. */
function updateFrameworks(context: MasterContext, agent: Agent, { frameworks = [] }: ReregisterSlaveMessage): void {
  for (const { id } of frameworks) {
    if (!id) continue;
    const framework = context.cluster.frameworks.get(id.value);
    if (!framework) {
      context.sendToAgent(agent, ShutdownFrameworkMessage, { framework_id: id });
    } else if (framework.connected) {
      const pid = framework.connection?.pid ?? '';
      context.sendToAgent(agent, UpdateFrameworkMessage, { framework_id: id, pid, framework_info: framework.info });
    }
  }
}
