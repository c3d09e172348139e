/** What the master and its allocator tell each other. */
import type { AgentId, Filters, FrameworkId, QuotaConfig, ReadonlyIdMap, WireId } from '@meseta/protocol';
import type { Quantities, Resources } from '@meseta/resources';
import type {
  AllocatorReason,
  Explain,
  Grant,
  InverseGrant,
  OfferQuestion,
  Refusal,
  Unavailability,
} from './allocator/index.ts';
import type { Agent } from './state/agent.ts';
import type { Framework } from './state/framework.ts';

export type { Grant, InverseGrant };

/** What a framework last answered to an inverse offer; `UNKNOWN` when it was asked and is silent. */
export interface InverseAnswer {
  readonly status: 'UNKNOWN' | 'ACCEPT' | 'DECLINE';
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

/** A reason of the allocator, of the pause after a change of master, or of the allocator module. */
export type AllocationReason =
  | AllocatorReason
  | Extract<Refusal, { readonly reason: 'RECOVERY_PAUSE' | 'ALLOCATOR_MODULE' }>;

/** What the master tells the allocator, and what it asks of it. */
export interface Allocation {
  /** With what its tasks and executors hold already; in the roles it has, those suppressed left out, active or not. */
  addFramework(framework: Framework): void;
  /** Roles, suppressed roles, capabilities or offer constraints changed. */
  updateFramework(framework: Framework): void;
  /** Frees all that it holds, of very many agents over several turns of the event loop. */
  removeFramework(framework: Framework): void;
  activateFramework(framework: Framework): void;
  deactivateFramework(framework: Framework): void;
  /** No offers for these roles until revived; all its roles when none is named. */
  suppress(framework: Framework, roles?: readonly string[]): void;
  /** Offers again, and forgets the filters of its offers in these roles; all its roles when none is named. */
  revive(framework: Framework, roles?: readonly string[]): void;
  /** With what `agent.used` says is held already. */
  addAgent(agent: Agent): void;
  /** Its total, capabilities or info changed. */
  updateAgent(agent: Agent): void;
  removeAgent(agentId: AgentId): void;
  activateAgent(agent: Agent): void;
  deactivateAgent(agent: Agent): void;
  /** Maintenance is planned for the agent's machine, or (undefined) no more. */
  updateUnavailability(agent: Agent, unavailability: Unavailability | undefined): void;
  /** What a framework answered to an inverse offer: it is not asked again while the filter lasts. */
  answerInverse(frameworkId: FrameworkId, agentId: AgentId, answer: 'ACCEPT' | 'DECLINE', filters: Filters): void;
  /** The last answers for an agent whose maintenance is planned, by framework id. */
  inverseAnswers(agentId: AgentId): ReadonlyIdMap<'framework', InverseAnswer>;
  /**
   * Resources of a framework are free again: declined, unused, or of something that ended.
   *
   * @param resources allocated, as they were granted.
   * @param filters of a decline; without them there is no filter.
   */
  recover(frameworkId: FrameworkId, agentId: WireId<'agent'>, resources: Resources, filters?: Filters): void;
  /**
   * An operation turned resources allocated to a framework into others: the allocation changes, and the agent's total
   * with it. To be called after `agent.total` was set.
   */
  convert(frameworkId: FrameworkId, agent: Agent, consumed: Resources, converted: Resources): void;
  /** Weights by role that are not 1. */
  updateWeights(weights: ReadonlyMap<string, number>): void;
  /** Sets one role's quota, or (without guarantees and limits) takes it away. */
  updateQuota(config: QuotaConfig): void;
  /** Host names that may be in offers; undefined lets all. */
  updateWhitelist(hostnames: ReadonlySet<string> | undefined): void;
  /** Returns the free resources of an agent; undefined for an unknown one. */
  available(agentId: AgentId): Resources | undefined;
  /** What counts against a top-level role's quota. */
  consumedQuota(role: string): Quantities;
  /** The part of it that is offered or in use and not reserved. */
  heldQuota(role: string): Quantities;
  /** The largest share of any resource that a role holds, by its weight. */
  dominantShare(role: string): number;
  /** How many refusals of offers hold in a role. */
  activeFilters(role: string): number;
  /** Returns a function that tells why a framework would not be offered anything of an agent now; empty when it may. */
  explainer(): Explain;
  /** Returns a function that gives every reason why a framework would not be offered an agent now, or not before others. */
  reasons(question: OfferQuestion): (agentId: AgentId) => AllocationReason[];
  /** How much longer a framework is not asked again to leave an agent, in milliseconds; undefined: it may be asked. */
  inverseRefusalLeft(frameworkId: FrameworkId, agentId: AgentId): number | undefined;
  /**
   * Holds offers until enough of the agents in the registry are back, or `--allocator_recovery_timeout` is over. To be
   * called before `start`, and only when there are quotas.
   *
   * @param knownAgents the number of agents in the registry.
   */
  awaitAgents(knownAgents: number): void;
  /** Requests a run over all agents. */
  trigger(): void;
  /** Begins to allocate. */
  start(): void;
  stop(): void;
}
