import { containsQuantities, noQuantities, type Quantities, type Resources } from '@meseta/resources';
import type { AgentState } from './agent-state.ts';
import type { AgentGate, GateOptions } from './gates/index.ts';
import type { Budget, QuotaBudget } from './quota-budget.ts';
import type { GateReason } from './refusal.ts';
import type { Expiry, Moment } from './refusal-clock.ts';
import type { Client, RoleState } from './role-state.ts';

/**
 * The part of a run: `guarantees` gives roles what is guaranteed to them, `all` the rest. `either` is what a client gets
 * in the first of the two in which it gets anything.
 */
export type Stage = 'guarantees' | 'all' | 'either';

/** Why a client does not get resources of an agent. */
export type Stop =
  /** Nothing is free that it may have; or too little to be an offer; or a gate, or the quota, is in the way. */
  | { readonly stop: 'NOTHING_AVAILABLE' | 'TOO_SMALL' | GateReason | 'QUOTA' }
  /** It refused the same or more. */
  | { readonly stop: 'FILTERED'; readonly until: Expiry };

/** What a client gets, or why it gets nothing. */
export type Verdict = Budget | Stop;

const nothingAvailable: Stop = { stop: 'NOTHING_AVAILABLE' };
const tooSmall: Stop = { stop: 'TOO_SMALL' };
const overQuota: Stop = { stop: 'QUOTA' };

/**
 * Decides what a client gets of an agent. Runs and explanations ask the same judge, so that an explanation names what a run
 * does.
 */
export class Judge {
  readonly budget: QuotaBudget;
  readonly #options: GateOptions;
  readonly #moment: Moment;
  readonly #enough = new Enough();

  constructor(options: GateOptions, moment: Moment, budget: QuotaBudget) {
    this.#options = options;
    this.#moment = moment;
    this.budget = budget;
  }

  /**
   * Returns what a client gets of these resources of an agent.
   *
   * @param available what is free and may be the client's.
   * @param gates those that are asked.
   */
  verdict(
    client: Client,
    agent: AgentState,
    available: Resources,
    stage: Stage,
    gates: readonly AgentGate[] = client.gates,
  ): Verdict {
    if (available.isEmpty) return nothingAvailable;
    if (!this.#enough.isEnough(available, client.minimum)) return tooSmall;
    for (const gate of gates) if (gate.blocks(client, agent, this.#options)) return stopOf(gate);
    const budget = this.allowance(client.role, available, stage);
    if (!budget) return overQuota;
    const holdable = agent.holdable(budget.offer);
    if (holdable.isEmpty || !this.#enough.isEnough(budget.offer, client.minimum)) return overQuota;
    const until = this.refusal(client, agent, holdable);
    return until ? { stop: 'FILTERED', until } : budget;
  }

  /** Returns the part of resources that quotas let a role have; undefined where none of it helps to meet a guarantee. */
  allowance(role: RoleState, resources: Resources, stage: Stage): Budget | undefined {
    if (stage === 'all') return this.budget.of(role, resources);
    const guaranteed = this.budget.forGuarantee(role, resources);
    return guaranteed ?? (stage === 'either' ? this.budget.of(role, resources) : undefined);
  }

  /** Returns when the refusal ends that keeps a client from resources. @param holdable all but shared ports. */
  refusal(client: Client, agent: AgentState, holdable: Resources): Expiry | undefined {
    return agent.filters.covering(client, holdable, this.#moment);
  }
}

const stops = new Map<GateReason, Stop>();

function stopOf({ reason }: AgentGate): Stop {
  const stop = stops.get(reason) ?? { stop: reason };
  stops.set(reason, stop);
  return stop;
}

/**
 * Tells whether resources are as much as an offer must have: one of the alternatives, or anything when there are none.
 */
export function isAllocatable(resources: Resources, minimum: readonly Quantities[]): boolean {
  if (resources.isEmpty) return false;
  const quantities = resources.quantities();
  return minimum.length === 0 || minimum.some(least => containsQuantities(quantities, least));
}

/** Remembers the last answer: one client after the other is asked about the same resources and the same minimum. */
class Enough {
  #resources: Resources | undefined;
  #minimum: readonly Quantities[] = [noQuantities];
  #answer = false;

  isEnough(resources: Resources, minimum: readonly Quantities[]): boolean {
    if (resources !== this.#resources || minimum !== this.#minimum) {
      this.#resources = resources;
      this.#minimum = minimum;
      this.#answer = isAllocatable(resources, minimum);
    }
    return this.#answer;
  }
}
