import type { AgentState } from '../agent-state.ts';
import type { Client } from '../role-state.ts';

/** Why a framework does not get an offer of an agent for one of its roles. */
export type RefusalReason =
  /** The framework is disconnected or deactivated. */
  | 'framework-inactive'
  /** The framework wants no offers for the role at present. */
  | 'suppressed'
  /** The framework is not in the role. */
  | 'not-subscribed'
  /** The agent is disconnected, draining or deactivated. */
  | 'agent-inactive'
  /** The agent is not on the whitelist. */
  | 'not-whitelisted'
  /** The framework's offer constraints exclude the agent. */
  | 'offer-constraints'
  /** The agent has GPUs, which are kept for frameworks with GPU_RESOURCES. */
  | 'no-gpu-capability'
  /** The agent is in another region, and the framework has no REGION_AWARE. */
  | 'not-region-aware'
  /** The framework is MULTI_ROLE, the agent cannot tell roles apart. */
  | 'agent-not-multi-role'
  /** The role has a parent, of which the agent knows nothing. */
  | 'agent-not-hierarchical'
  /** Nothing is left that the framework may have. */
  | 'nothing-available'
  /** What is left is less than an offer must have. */
  | 'too-small'
  /** The role's quota is used up, or the rest is kept for the guarantees of others. */
  | 'quota'
  /** The framework declined the same or more a short time ago. */
  | 'filtered';

/** What gates have to know of the whole. */
export interface GateOptions {
  /** `--filter_gpu_resources`. */
  readonly filterGpuResources: boolean;
  /** Name of the region this master is in. */
  readonly region: string | undefined;
}

/** Something that can keep a client away from an agent, whatever the agent's resources. */
export interface AgentGate {
  readonly reason: RefusalReason;
  /** False when it can never block this client: asked once, when the client changes. */
  concerns(client: Client, options: GateOptions): boolean;
  /** Asked for each agent in each run. */
  blocks(client: Client, agent: AgentState, options: GateOptions): boolean;
}
