import type { Quantities } from '@meseta/resources';

/** What of a framework keeps it away from an agent, whatever the agent has left. */
export type GateReason =
  /** The framework's offer constraints exclude the agent. */
  | 'offer-constraints'
  /** The agent has GPUs, which are kept for frameworks with GPU_RESOURCES. */
  | 'no-gpu-capability'
  /** The agent is in another region, and the framework has no REGION_AWARE. */
  | 'not-region-aware'
  /** The framework is MULTI_ROLE, and the agent does not support it. */
  | 'agent-not-multi-role'
  /** The role has a parent, of which the agent knows nothing. */
  | 'agent-not-hierarchical';

/** Reasons that result from an action, which can be undone. */
type StateReason =
  /** The framework is disconnected or deactivated. */
  | 'framework-inactive'
  /** The framework wants no offers for the role at present. */
  | 'suppressed'
  /** The agent is disconnected, draining or deactivated. */
  | 'agent-inactive'
  /** The agent is not on the whitelist. */
  | 'not-whitelisted';

/**
 * Why a framework does not get an offer of an agent for one of its roles, with what a person needs to do something about
 * it. Times are milliseconds from now.
 */
export type Refusal =
  | { readonly reason: GateReason | StateReason }
  /** The framework is not in the role; in those it is. */
  | { readonly reason: 'not-subscribed'; readonly roles: readonly string[] }
  /** Nothing is left that the framework may have: others hold it, or it is reserved for other roles. */
  | {
      readonly reason: 'nothing-available';
      /** Offered or in use, by framework id. */
      readonly held: ReadonlyMap<string, Quantities>;
      /** Free, but not for this framework: reserved for others, revocable or shared. */
      readonly withheld: Quantities;
    }
  /** What is left is less than an offer must have, by so much. */
  | { readonly reason: 'too-small'; readonly short: Quantities }
  /** The role's quota is used up, or the rest is kept for the guarantees of others. */
  | {
      readonly reason: 'quota';
      /** The role that has the quota: the first part of the framework's. */
      readonly role: string;
      readonly limits: Quantities;
      readonly consumed: Quantities;
    }
  /** The framework declined the same or more a short time ago; so much longer that holds, and until the next cycle. */
  | { readonly reason: 'filtered'; readonly leftMs: number };
