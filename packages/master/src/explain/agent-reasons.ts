import type { AgentId, AgentInfo } from '@meseta/protocol';
import type { Quantities } from '@meseta/resources';
import type { MasterContext } from '../context.ts';
import type { Agent } from '../state/agent.ts';
import type { Framework } from '../state/framework.ts';
import type { Reason } from './reason.ts';

/** An agent that an explanation is about: registered, or known from the registry only. */
export interface ExplainedAgent {
  readonly id: AgentId;
  readonly hostname?: string | undefined;
  readonly info?: AgentInfo | undefined;
  /** Undefined when it is not registered now. */
  readonly agent?: Agent;
}

/** Returns all agents that the master knows and that are not gone for good. */
export function explainedAgents({ cluster }: MasterContext): ExplainedAgent[] {
  const registered = [...cluster.agents.values()].map(agent => ({
    ...{ id: agent.id, hostname: agent.info.hostname, info: agent.info, agent },
  }));
  const recovered = [...cluster.recoveredAgents].map(([id, info]) => ({ id, hostname: info.hostname, info }));
  const unreachable = [...cluster.unreachableAgents].map(([id, { place }]) => ({ id, hostname: place?.hostname }));
  return [...registered, ...recovered, ...unreachable];
}

/** Returns a function that gives all reasons of an agent for a framework in a role. */
export function agentReasons(
  context: MasterContext,
  framework: Framework,
  role: string,
  size: Quantities,
): (agent: ExplainedAgent) => Reason[] {
  const { allocation, cluster } = context;
  const ofAllocator = allocation.reasons({ frameworkId: framework.id, role, size });
  return ({ id, agent }) => {
    if (!agent) return [{ reason: cluster.recoveredAgents.has(id) ? 'AGENT_NOT_BACK' : 'AGENT_UNREACHABLE' }];
    return [
      ...ofAllocator(id).flatMap(reason => inFull(reason, framework, agent)),
      ...maintenance(context, framework, agent),
    ];
  };
}

/** The allocator knows only that a framework or an agent is inactive. */
function inFull(reason: Reason, { state }: Framework, agent: Agent): Reason[] {
  if (reason.reason === 'FRAMEWORK_INACTIVE') {
    if (state === 'recovered') return [{ reason: 'FRAMEWORK_NOT_BACK' }];
    return [{ reason: state === 'disconnected' ? 'FRAMEWORK_DISCONNECTED' : 'FRAMEWORK_DEACTIVATED' }];
  }
  if (reason.reason !== 'AGENT_INACTIVE') return [reason];
  const states: Reason[] = [];
  if (!agent.connected) states.push({ reason: 'AGENT_DISCONNECTED' });
  if (agent.drainInfo) states.push({ reason: 'AGENT_DRAINING' });
  else if (agent.deactivated) states.push({ reason: 'AGENT_DEACTIVATED' });
  return states.length > 0 ? states : [reason];
}

function maintenance({ allocation }: MasterContext, framework: Framework, agent: Agent): Reason[] {
  const { unavailability } = agent;
  if (!unavailability) return [];
  const answer = allocation.inverseAnswers(agent.id).get(framework.id)?.status;
  const askedAgainInMs = allocation.inverseRefusalLeft(framework.id, agent.id);
  return [
    {
      reason: 'MAINTENANCE',
      startMs: unavailability.start.nanoseconds / 1e6,
      ...(unavailability.duration && { durationMs: unavailability.duration.nanoseconds / 1e6 }),
      ...(answer !== undefined && { answer }),
      ...(askedAgainInMs !== undefined && { askedAgainInMs }),
    },
  ];
}
