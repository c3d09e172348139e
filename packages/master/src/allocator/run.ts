import type { AgentId, FrameworkId } from '@meseta/protocol';
import { containsQuantities, noQuantities, type Quantities, Resources } from '@meseta/resources';
import type { AgentState } from './agent-state.ts';
import type { Moment } from './filters.ts';
import type { AgentGate, GateOptions } from './gates/index.ts';
import type { QuotaLedger } from './quota.ts';
import { type Budget, QuotaBudget } from './quota-budget.ts';
import type { Client, RoleState } from './role-state.ts';
import { shuffled } from './shuffled.ts';
import type { Sorter } from './sorter/index.ts';

/** What one run gave a framework of one agent. */
export interface Grant {
  readonly frameworkId: FrameworkId;
  readonly agentId: AgentId;
  readonly role: string;
  /** Allocated to `role`. */
  readonly resources: Resources;
}

/** What a run works on. */
export interface RunInput {
  readonly agents: readonly AgentState[];
  /** All of the cluster's, for the headroom that guarantees need. */
  readonly allAgents: Iterable<AgentState>;
  readonly roles: Sorter<RoleState>;
  readonly quotas: QuotaLedger;
  readonly options: GateOptions;
  readonly moment: Moment;
  /** Starts a new run when demand may have changed: a new role, a REVIVE, an expired filter. */
  readonly era: number;
  readonly random: () => number;
  /** Notes that a client got something. */
  hold(client: Client, agent: AgentState, resources: Resources): void;
}

/**
 * Runs over some agents in random order: first for roles whose guarantees are not met, then for all. On each agent,
 * roles choose in the order of the role sorter, and the frameworks of a role in the order of its sorter. A framework
 * gets all that it may have.
 *
 * @see Mesos src/master/allocator/mesos/hierarchical.cpp, __generateOffers
 */
export function runAllocation(input: RunInput): Grant[] {
  const run = new Run(input);
  if (input.quotas.hasGuarantees) run.visitAll('guarantees');
  run.visitAll('all');
  return run.grants();
}

/** What an allocator module chose. */
export interface Choice {
  readonly client: Client;
  readonly agent: AgentState;
  /** Not allocated. Absent: all that the client may have. */
  readonly resources?: Resources;
}

/**
 * Performs choices in order, by the same rules as a run: a choice that a gate, a filter or a quota forbids, or whose
 * resources are not free, is passed over.
 */
export function performChoices(input: RunInput, choices: Iterable<Choice>): Grant[] {
  const run = new Run(input);
  for (const choice of choices) run.perform(choice);
  return run.grants();
}

class Run {
  readonly #input: RunInput;
  readonly #budget: QuotaBudget;
  readonly #granted = new Map<Client, Map<AgentState, Resources>>();
  /** Shared volumes are always available, but in one offer of a run only. */
  readonly #sharedOffered = new Map<AgentState, Resources>();
  readonly #enough = new Enough();
  /** About the current agent: whether a framework got something, and when the first refusal expires. */
  #gave = false;
  #wakeAtMs = Number.POSITIVE_INFINITY;

  constructor(input: RunInput) {
    this.#input = input;
    this.#budget = new QuotaBudget(input.quotas, input.allAgents);
  }

  grants(): Grant[] {
    const grants: Grant[] = [];
    for (const [{ framework, role }, byAgent] of this.#granted) {
      for (const [agent, resources] of byAgent) {
        grants.push({ frameworkId: framework.id, agentId: agent.id, role: role.name, resources });
      }
    }
    return grants;
  }

  visitAll(stage: 'guarantees' | 'all'): void {
    const { agents, roles, quotas, era, moment, random } = this.#input;
    const remembers = quotas.size === 0; // With quotas it matters what happens on other agents.
    for (const agent of shuffled(agents, random)) {
      if (remembers && agent.isUnwanted(era, moment.nowMs)) continue;
      this.#wakeAtMs = Number.POSITIVE_INFINITY;
      this.#gave = false;
      for (const role of roles.sort()) {
        if (agent.isUsedUp) break;
        this.#visit(agent, role, stage);
      }
      if (remembers && !this.#gave) agent.setUnwanted(era, this.#wakeAtMs);
    }
  }

  perform({ client, agent, resources }: Choice): void {
    const offerable = this.#offerable(client, agent);
    const chosen = resources ?? offerable;
    if (!client.competes || !offerable.contains(chosen)) return;
    if (!this.#enough.isEnough(chosen, client.minimum) || blockedBy(client, agent, this.#input.options)) return;
    const { role } = client;
    this.#give(client, agent, this.#budget.forGuarantee(role, chosen) ?? this.#budget.of(role, chosen));
  }

  #visit(agent: AgentState, role: RoleState, stage: 'guarantees' | 'all'): void {
    if (stage === 'guarantees' && !this.#budget.hasUnmetGuarantee(role)) return;
    for (const client of role.sorter.sort()) {
      const available = this.#offerable(client, agent);
      if (available.isEmpty) {
        if (agent.isUsedUp) return;
        continue; // other frameworks of the role may be able to use the rest
      }
      if (!this.#enough.isEnough(available, client.minimum)) continue;
      if (blockedBy(client, agent, this.#input.options)) continue;
      const budget =
        stage === 'guarantees' ? this.#budget.forGuarantee(role, available) : this.#budget.of(role, available);
      if (budget) this.#give(client, agent, budget);
      if (stage === 'guarantees' && !this.#budget.hasUnmetGuarantee(role)) return;
    }
  }

  #give(client: Client, agent: AgentState, budget: Budget): void {
    const { offer } = budget;
    const holdable = agent.holdable(offer);
    if (holdable.isEmpty || !this.#enough.isEnough(offer, client.minimum)) return;
    const refusal = agent.filters.covering(client, holdable, this.#input.moment);
    if (refusal) {
      this.#wakeAtMs = Math.min(this.#wakeAtMs, refusal.atMs);
      return;
    }
    this.#gave = true;
    this.#budget.spend(client.role, budget);
    const shared = offer.shared();
    if (!shared.isEmpty)
      this.#sharedOffered.set(agent, (this.#sharedOffered.get(agent) ?? Resources.empty).add(shared));
    const allocated = offer.allocate(client.role.name);
    const byAgent = this.#granted.get(client) ?? new Map<AgentState, Resources>();
    this.#granted.set(client, byAgent);
    byAgent.set(agent, byAgent.get(agent)?.add(allocated) ?? allocated);
    this.#input.hold(client, agent, allocated);
  }

  #offerable(client: Client, agent: AgentState): Resources {
    const offerable = agent.offerableTo(client);
    const offered = this.#sharedOffered.get(agent);
    return offered ? offerable.filter(kind => !kind.isShared || !offered.find(kind)) : offerable;
  }
}

/** Returns the first gate that blocks a client from an agent; undefined when none does. */
export function blockedBy(client: Client, agent: AgentState, options: GateOptions): AgentGate | undefined {
  for (const gate of client.gates) if (gate.blocks(client, agent, options)) return gate;
  return undefined;
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
