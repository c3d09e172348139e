import type { AgentId, FrameworkId } from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import type { AgentState } from './agent-state.ts';
import { competes, type GateOptions } from './gates/index.ts';
import { Judge, type Stage } from './judge.ts';
import type { QuotaLedger } from './quota.ts';
import { type Budget, QuotaBudget } from './quota-budget.ts';
import type { Moment } from './refusal-clock.ts';
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
  readonly #judge: Judge;
  /** About the current agent: whether a framework got something, and when the first refusal expires. */
  #gave = false;
  #wakeAtMs = Number.POSITIVE_INFINITY;

  constructor(input: RunInput) {
    this.#input = input;
    this.#budget = new QuotaBudget(input.quotas, input.allAgents);
    this.#judge = new Judge(input.options, input.moment, this.#budget);
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

  visitAll(stage: Exclude<Stage, 'either'>): void {
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
    if (competes(client) && offerable.contains(chosen)) this.#take(client, agent, chosen, 'either');
  }

  #visit(agent: AgentState, role: RoleState, stage: Stage): void {
    if (stage === 'guarantees' && !this.#budget.hasUnmetGuarantee(role)) return;
    for (const client of role.sorter.sort()) {
      const available = this.#offerable(client, agent);
      if (available.isEmpty) {
        if (agent.isUsedUp) return;
        continue; // other frameworks of the role may be able to use the rest
      }
      this.#take(client, agent, available, stage);
      if (stage === 'guarantees' && !this.#budget.hasUnmetGuarantee(role)) return;
    }
  }

  /** Gives a client what it may have of these resources, if anything. */
  #take(client: Client, agent: AgentState, available: Resources, stage: Stage): void {
    const verdict = this.#judge.verdict(client, agent, available, stage);
    if (verdict.stop === undefined) this.#give(client, agent, verdict);
    else if (verdict.stop === 'FILTERED') this.#wakeAtMs = Math.min(this.#wakeAtMs, verdict.until.atMs);
  }

  #give(client: Client, agent: AgentState, budget: Budget): void {
    const { offer } = budget;
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
