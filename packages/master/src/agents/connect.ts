/** The connection of a registered agent: made, lost, and given up. */
import type { WireId } from '@meseta/protocol';
import { inSlices } from '@meseta/system';
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
  const ending = inSlices(endingUncheckpointed(context, agent))?.catch(error =>
    context.log.error('Ending the tasks of a disconnected agent failed', { agent_id: agent.id, error }),
  );
  const connection = context.agentConnections.of(agent.id);
  if (!connection) return;
  connection.ending = ending;
  connection.cancelReregister = context.clock.after(context.flags.agent_reregister_timeout, () => {
    const message = 'agent did not re-register within the time allowed after disconnecting';
    markUnreachableSoon(context, agent, message, () => !agent.connected);
  });
}

/**
 * Ends an agent's tasks of frameworks that do not checkpoint, a step at a time. Agent and frameworks may go in between,
 * and take the rest along; an agent that is back waits for the end.
 */
function* endingUncheckpointed(context: MasterContext, agent: Agent): Generator<void> {
  const { cluster, agentConnections } = context;
  const isHere = () => cluster.agents.get(agent.id) === agent && !agentConnections.ended;
  const ending = (id: WireId<'framework'>) => {
    const framework = cluster.frameworks.get(id);
    return framework?.info.checkpoint ? undefined : framework;
  };
  for (const [frameworkId, tasks] of agent.tasks) {
    for (const task of tasks.values()) {
      const framework = ending(frameworkId);
      if (!framework) break;
      const message = 'Slave disconnected';
      endTask(context, task, framework, { state: 'TASK_LOST', reason: 'REASON_AGENT_DISCONNECTED', message });
      yield;
      if (!isHere()) return;
    }
  }
  for (const [frameworkId, executors] of agent.executors) {
    for (const executorId of executors.keys()) {
      const framework = ending(frameworkId);
      if (!framework) break;
      removeExecutor(context, framework, agent, executorId);
      yield;
      if (!isHere()) return;
    }
  }
}
