/** Why an operator cannot change the state of an agent, as it is now. Pure. */
import type { WireId } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';

/** How a request about an agent ended; `busy` when another change of it waits for the registry. */
export type AgentOutcome = 'done' | 'unknown' | 'busy' | { readonly refused: string };

/** An {@link AgentOutcome} that changes nothing. */
export type AgentRefusal = Exclude<AgentOutcome, 'done'>;

/** Returns why an agent cannot be drained; undefined: it can. */
export function drainRefusal(context: MasterContext, agentId: WireId<'agent'>): AgentRefusal | undefined {
  const registered = context.cluster.agents.get(agentId);
  if (registered && !registered.has('AGENT_DRAINING')) {
    return { refused: `Agent ${agentId} is not capable of being drained` };
  }
  return changeRefusal(context, agentId);
}

/** Returns why a deactivated or drained agent cannot be taken in again; undefined: it can. */
export function reactivateRefusal(context: MasterContext, agentId: WireId<'agent'>): AgentRefusal | undefined {
  const { agents, unreachable } = context.registrar.registry;
  const kept = agents.get(agentId) ?? unreachable.get(agentId);
  if (kept?.drain_info?.state === 'DRAINING') return { refused: `Agent ${agentId} is still in the DRAINING state` };
  if (kept && !kept.deactivated) return { refused: `Agent ${agentId} is not deactivated` };
  return changeRefusal(context, agentId);
}

/** Returns why the state of an agent cannot be changed in the registry; undefined: it can. */
export function changeRefusal(context: MasterContext, agentId: WireId<'agent'>): AgentRefusal | undefined {
  const { agents, unreachable } = context.registrar.registry;
  if (!agents.has(agentId) && !unreachable.has(agentId)) return 'unknown';
  return context.agentConnections.transitions.has(agentId) ? 'busy' : undefined;
}

/** Returns why an agent cannot be marked gone; undefined: it can, or it is gone already. */
export function markGoneRefusal(
  { cluster, agentConnections }: MasterContext,
  agentId: WireId<'agent'>,
): AgentRefusal | undefined {
  if (cluster.goneAgents.has(agentId)) return undefined;
  const known =
    cluster.agents.has(agentId) || cluster.recoveredAgents.has(agentId) || cluster.unreachableAgents.has(agentId);
  if (!known) return 'unknown';
  return agentConnections.transitions.has(agentId) ? 'busy' : undefined;
}
