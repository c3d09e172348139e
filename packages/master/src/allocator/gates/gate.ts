import type { AgentState } from '../agent-state.ts';
import type { GateReason } from '../refusal.ts';
import type { Client } from '../role-state.ts';

/** What gates have to know of the whole. */
export interface GateOptions {
  /** `--filter_gpu_resources`. */
  readonly filterGpuResources: boolean;
  /** Name of the region this master is in. */
  readonly region: string | undefined;
}

/** Something that can keep a client away from an agent, whatever the agent's resources. */
export interface AgentGate {
  readonly reason: GateReason;
  /** False when it can never block this client: asked once, when the client changes. */
  concerns(client: Client, options: GateOptions): boolean;
  /** Asked for each agent in each run. */
  blocks(client: Client, agent: AgentState, options: GateOptions): boolean;
}
