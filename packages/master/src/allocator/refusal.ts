import type { Quantities } from '@meseta/resources';

/** Why a framework is never offered an agent, whatever the agent has left. */
export type GateReason =
  /** The framework's offer constraints exclude the agent. */
  | 'OFFER_CONSTRAINTS'
  /** The agent has GPUs, which are kept for frameworks with GPU_RESOURCES. */
  | 'NO_GPU_CAPABILITY'
  /** The agent is in another region than the master, and the framework has no REGION_AWARE. */
  | 'NOT_REGION_AWARE'
  /** The framework is MULTI_ROLE, and the agent does not support it. */
  | 'AGENT_NOT_MULTI_ROLE'
  /** The role is below another one, and the agent does not support HIERARCHICAL_ROLE. */
  | 'AGENT_NOT_HIERARCHICAL';

/** Reasons that result from an action, which can be undone. */
export type StateReason =
  /** The framework is disconnected or deactivated. */
  | 'FRAMEWORK_INACTIVE'
  /** The framework suppressed offers for the role. */
  | 'SUPPRESSED'
  /** The agent is disconnected, draining or deactivated. */
  | 'AGENT_INACTIVE'
  /** The agent is not on the whitelist. */
  | 'NOT_WHITELISTED';

/** One of the alternatives of which an offer must contain one, and how much of it is missing. */
export interface Shortfall {
  readonly minimum: Quantities;
  readonly missing: Quantities;
}

/**
 * Why a framework does not get an offer of an agent for one of its roles, with what a person needs to do something about
 * it. Times are milliseconds from now.
 */
export type Refusal =
  | { readonly reason: GateReason | StateReason }
  /** After a change of master, nothing is offered until so many agents are back or the time is over. */
  | {
      readonly reason: 'RECOVERY_PAUSE';
      readonly agents: number;
      readonly expectedAgents: number;
      readonly leftMs: number;
    }
  /** Nothing else keeps the framework from the agent, but an allocator module chooses. `problem`: why it could not, lately. */
  | { readonly reason: 'ALLOCATOR_MODULE'; readonly module: string; readonly problem?: string }
  /** The framework is not in the role. `roles` are the roles it is in. */
  | { readonly reason: 'NOT_SUBSCRIBED'; readonly roles: readonly string[] }
  /** Nothing is free that the framework may have. */
  | {
      readonly reason: 'NOTHING_AVAILABLE';
      /** Offered or in use, by framework id. */
      readonly held: ReadonlyMap<string, Quantities>;
      /** Free, but not for this framework: reserved for others, revocable or shared. */
      readonly withheld: Quantities;
    }
  /** The free resources contain none of the alternatives of which an offer must contain one. */
  | { readonly reason: 'TOO_SMALL'; readonly shortfalls: readonly Shortfall[] }
  /** The role's quota is used up, or the rest is kept for the guarantees of others. */
  | {
      readonly reason: 'QUOTA';
      /** The top-level role that has the quota. */
      readonly role: string;
      readonly limits: Quantities;
      readonly consumed: Quantities;
    }
  /** The framework declined the same or more. Its filter ends after this time, at the next allocation. */
  | { readonly reason: 'FILTERED'; readonly leftMs: number };
