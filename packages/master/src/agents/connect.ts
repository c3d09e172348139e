/** The connection of a registered agent: made, lost, and given up. */
import type { MasterContext } from '../context.ts';
import { removeExecutor } from '../remove-executor.ts';
import type { Agent } from '../state/agent.ts';
import { endTask } from '../tasks/end.ts';
import { activateAgent, deactivateAgent } from './activation.ts';
import { markUnreachableSoon } from './mark-unreachable.ts';
import { AgentObserver } from './observer.ts';

/** Links to an agent that just became known, and begins to ping it. */
export function connectAgent(context: MasterContext, agent: Agent): void {
  const observer = new AgentObserver(context, agent, () => {
    markUnreachableSoon(context, agent, 'health check timed out', () => observer.silent);
  });
  context.agentConnections.begin(agent.id, {
    observer,
    unlink: link(context, agent, false),
    cancelReregister: () => undefined,
  });
}

/** Takes a known agent back that re-registered; its connection may be a new one. */
export function reconnectAgent(context: MasterContext, agent: Agent): void {
  const connection = context.agentConnections.of(agent.id);
  if (!connection) return connectAgent(context, agent);
  connection.observer.heard();
  connection.cancelReregister();
  connection.unlink();
  connection.unlink = link(context, agent, true);
  agent.connected = true;
  activateAgent(context, agent);
}

function link(context: MasterContext, agent: Agent, renew: boolean): () => void {
  return context.messages.link(agent.pid, () => disconnectAgent(context, agent), renew);
}

/**
 * Handles a broken connection of an agent. The agent may come back within `--agent_reregister_timeout`; what cannot
 * survive its restart ends here.
 *
 * @see Mesos src/master/master.cpp, Master::exited and Master::disconnect
 */
export function disconnectAgent(context: MasterContext, agent: Agent): void {
  if (context.cluster.agents.get(agent.id) !== agent || !agent.connected) return;
  context.log.info('Agent disconnected', { agent_id: agent.id, pid: agent.pid });
  agent.connected = false;
  context.authentication.release(agent.pid);
  deactivateAgent(context, agent);
  endUncheckpointed(context, agent);
  const connection = context.agentConnections.of(agent.id);
  if (!connection) return;
  connection.cancelReregister = context.clock.after(context.flags.agent_reregister_timeout, () => {
    const message = 'agent did not re-register within the time allowed after disconnecting';
    markUnreachableSoon(context, agent, message, () => !agent.connected);
  });
}

/** Ends an agent's tasks of frameworks that do not checkpoint. */
function endUncheckpointed(context: MasterContext, agent: Agent): void {
  for (const [frameworkId, tasks] of [...agent.tasks]) {
    const framework = context.cluster.frameworks.get(frameworkId);
    if (!framework || framework.info.checkpoint) continue;
    for (const task of [...tasks.values()]) {
      const message = 'Slave disconnected';
      endTask(context, task, framework, { state: 'TASK_LOST', reason: 'REASON_AGENT_DISCONNECTED', message });
    }
  }
  for (const [frameworkId, executors] of [...agent.executors]) {
    const framework = context.cluster.frameworks.get(frameworkId);
    if (!framework || framework.info.checkpoint) continue;
    for (const executorId of [...executors.keys()]) removeExecutor(context, framework, agent, executorId);
  }
}
