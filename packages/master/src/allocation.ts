/**
 * The allocator as the rest of the master uses it: in terms of frameworks, agents and resources of the cluster. Keeps
 * the rhythm too: a run for everybody each `--allocation_interval`, and one for what changed at once, merged while one
 * is already waiting.
 */
import type { Filters, QuotaConfig } from '@meseta/protocol';
import type { Resources } from '@meseta/resources';
import type { Agent } from './state/agent.ts';
import type { Framework } from './state/framework.ts';

/** What one run gave a framework of one agent. */
export interface Grant {
  readonly frameworkId: string;
  readonly agentId: string;
  readonly role: string;
  /** Allocated to `role`. */
  readonly resources: Resources;
}

/** A framework that holds resources of an agent is to be asked for them back. */
export interface InverseGrant {
  readonly frameworkId: string;
  readonly agentId: string;
  readonly unavailability: { startNs: number; durationNs?: number };
}

export interface Allocation {
  /** With what its tasks and executors hold already; in the roles it has, those suppressed left out, active or not. */
  addFramework(framework: Framework): void;
  /** Roles, suppressed roles, capabilities or offer constraints changed. */
  updateFramework(framework: Framework): void;
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
  removeAgent(agentId: string): void;
  activateAgent(agent: Agent): void;
  deactivateAgent(agent: Agent): void;
  /** Maintenance is planned for the agent's machine, or (undefined) no more. */
  updateUnavailability(agent: Agent, unavailability: { startNs: number; durationNs?: number } | undefined): void;
  /** What a framework answered to an inverse offer: it is not asked again while the filter lasts. */
  answerInverse(frameworkId: string, agentId: string, answer: 'ACCEPT' | 'DECLINE', filters: Filters): void;
  /** The last answers for an agent whose maintenance is planned, by framework id; `UNKNOWN` when asked and silent. */
  inverseAnswers(agentId: string): ReadonlyMap<string, { status: 'UNKNOWN' | 'ACCEPT' | 'DECLINE'; atMs: number }>;
  /**
   * Resources of a framework are free again: declined, unused, or of something that ended.
   *
   * @param resources allocated, as they were granted.
   * @param filters of a decline; without them there is no filter.
   */
  recover(frameworkId: string, agentId: string, resources: Resources, filters?: Filters): void;
  /**
   * An operation turned resources allocated to a framework into others: the allocation changes, and the agent's total
   * with it. To be called after `agent.total` was set.
   */
  convert(frameworkId: string, agent: Agent, consumed: Resources, converted: Resources): void;
  /** Weights by role that are not 1. */
  updateWeights(weights: ReadonlyMap<string, number>): void;
  /** Sets one role's quota, or (without guarantees and limits) takes it away. */
  updateQuota(config: QuotaConfig): void;
  /** Host names that may be in offers; undefined lets all. */
  updateWhitelist(hostnames: ReadonlySet<string> | undefined): void;
  /** Runs for everybody, soon. */
  trigger(): void;
}
