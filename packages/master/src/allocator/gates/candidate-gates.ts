import type { AgentState } from '../agent-state.ts';

/** Something that keeps an agent out of all offers. */
export interface CandidateGate {
  readonly reason: 'AGENT_INACTIVE' | 'NOT_WHITELISTED';
  /** @param whitelist the names of hosts that may be in offers; undefined allows all. */
  blocks(agent: AgentState, whitelist: ReadonlySet<string> | undefined): boolean;
}

/** Keeps out agents that are disconnected, draining or deactivated. */
const agentInactive: CandidateGate = { reason: 'AGENT_INACTIVE', blocks: agent => !agent.active };

/** Keeps out agents that `--whitelist` does not name. */
const notWhitelisted: CandidateGate = {
  reason: 'NOT_WHITELISTED',
  blocks: ({ info }, whitelist) => whitelist !== undefined && !whitelist.has(info.hostname),
};

/** All gates of agents. */
export const candidateGates: readonly CandidateGate[] = [agentInactive, notWhitelisted];
