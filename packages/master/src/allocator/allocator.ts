import type { AllocationRequest } from '@meseta/modules';
import type { AgentId, Filters, FrameworkId, IdMap, ReadonlyIdMap, WireId } from '@meseta/protocol';
import { attributesEqual, type Quantities, type Resources } from '@meseta/resources';
import { type AgentDescription, AgentState } from './agent-state.ts';
import type { AllocatorOptions } from './allocator-options.ts';
import { type ModuleChoice, questionAbout } from './ask-module.ts';
import type { Circumstances } from './circumstances.ts';
import { Clients } from './clients.ts';
import { type Explain, explainer } from './explain.ts';
import type { FrameworkDescription } from './framework-state.ts';
import { candidateGates } from './gates/index.ts';
import { Holdings } from './holdings.ts';
import { type InverseGrant, InverseOffers, type Unavailability } from './inverse-offers.ts';
import { type Quota, QuotaLedger } from './quota.ts';
import { type OfferQuestion, offerReasons, type ReasonsOf } from './reasons.ts';
import { RefusalClock } from './refusal-clock.ts';
import type { RoleState } from './role-state.ts';
import { type Choice, type Grant, performChoices, type RunInput, runAllocation } from './run.ts';
import { shuffled } from './shuffled.ts';

/** What is to be offered, and who is to be asked to leave. */
export interface Allocation {
  readonly grants: Grant[];
  readonly inverse: InverseGrant[];
}

/**
 * Decides which resources are offered to which frameworks. Has all the state it needs, and no timers and no I/O;
 * decides only when `allocate` is called. Granted resources count as held by the framework until `recover`,
 * `removeFramework` or `removeAgent` is called.
 *
 * Agents may name frameworks before they are added: until then these are inactive.
 *
 * @see Mesos src/master/allocator/mesos/hierarchical.cpp
 */
export class Allocator {
  readonly #options: AllocatorOptions;
  readonly #agents: IdMap<'agent', AgentState> = new Map();
  readonly #quotas = new QuotaLedger();
  readonly #holdings: Holdings;
  readonly #clients: Clients;
  readonly #inverse = new InverseOffers();
  readonly #clock: RefusalClock;
  #whitelist: ReadonlySet<string> | undefined;

  constructor(options: AllocatorOptions) {
    this.#options = options;
    this.#holdings = new Holdings(options, this.#quotas);
    this.#clients = new Clients(options, this.#holdings);
    this.#clock = new RefusalClock(options);
  }

  /** Adds a framework, which is inactive until activated. What it holds is known from its agents. */
  addFramework(description: FrameworkDescription): void {
    this.updateFramework(description);
  }

  /** Replaces a framework's roles, suppressed roles, capabilities, filters and constraints. */
  updateFramework(description: FrameworkDescription): void {
    const framework = this.#clients.framework(description.id);
    const suppressedBefore = framework.suppressedRoles;
    framework.update(description);
    for (const role of framework.roles) this.#holdings.client(framework, role);
    for (const [role, client] of [...framework.clients]) {
      const revived = suppressedBefore.has(role) && !framework.suppressedRoles.has(role);
      if (revived || !client.subscribed) client.clearFilters();
      this.#clients.refresh(client);
      this.#clients.drop(client);
    }
  }

  /** Removes a framework and frees all that it holds. */
  removeFramework(frameworkId: FrameworkId): void {
    for (const _ of this.removingFramework(frameworkId));
  }

  /**
   * Does the same in steps, because a framework may hold something of every agent. From the first step on it is offered
   * nothing. Agents and other frameworks may change between steps; the framework must not be added again.
   */
  *removingFramework(frameworkId: FrameworkId): Generator<void, void> {
    const framework = this.#clients.frameworks.get(frameworkId);
    if (!framework) return;
    this.#inverse.removeFramework(frameworkId);
    yield* this.#clients.removing(framework);
  }

  activateFramework(frameworkId: FrameworkId): void {
    const framework = this.#clients.framework(frameworkId);
    framework.active = true;
    for (const client of framework.clients.values()) this.#clients.refresh(client);
  }

  /** Stops offers to a framework until it is activated again. Its refusals are forgotten; what it holds is kept. */
  deactivateFramework(frameworkId: FrameworkId): void {
    const framework = this.#clients.framework(frameworkId);
    framework.active = false;
    for (const client of framework.clients.values()) {
      client.clearFilters();
      this.#clients.refresh(client);
    }
    this.#inverse.forgetRefusals(frameworkId);
  }

  /** Stops offers for these roles (all of the framework's when none is named) until revived. */
  suppress(frameworkId: FrameworkId, roles: Iterable<string> = []): void {
    const framework = this.#clients.framework(frameworkId);
    framework.suppressedRoles = framework.suppressedRoles.union(framework.named(roles));
    for (const client of framework.clients.values()) this.#clients.refresh(client);
  }

  /** Resumes offers for these roles (all of the framework's when none is named), also of what it refused. */
  revive(frameworkId: FrameworkId, roles: Iterable<string> = []): void {
    const framework = this.#clients.framework(frameworkId);
    const revived = framework.named(roles);
    framework.suppressedRoles = framework.suppressedRoles.difference(revived);
    for (const [role, client] of framework.clients) {
      if (revived.has(role)) client.clearFilters();
      this.#clients.refresh(client);
    }
    this.#inverse.forgetRefusals(frameworkId);
  }

  /** @param used in use already, by framework id; allocated to roles. */
  addAgent(description: AgentDescription, used: ReadonlyIdMap<'framework', Resources>): void {
    this.removeAgent(description.id);
    const agent = new AgentState(description);
    this.#agents.set(agent.id, agent);
    this.#holdings.addTotal(agent.total);
    for (const [frameworkId, resources] of used) this.#clients.hold(frameworkId, agent, resources);
  }

  removeAgent(agentId: AgentId): void {
    const agent = this.#agents.get(agentId);
    if (!agent) return;
    for (const [client, resources] of [...agent.held]) {
      this.#holdings.release(client, agent, resources);
      this.#clients.drop(client);
    }
    this.#holdings.removeTotal(agent.total);
    this.#agents.delete(agentId);
    this.#inverse.removeAgent(agentId);
  }

  /**
   * Replaces the given properties of an agent. Changed attributes end all refusals of the agent.
   *
   * @param used what is in use, by framework id: it holds ports when these cease to be shared.
   * @returns true when anything is different.
   */
  updateAgent(
    agentId: AgentId,
    change: Partial<Omit<AgentDescription, 'id'>>,
    used: () => ReadonlyIdMap<'framework', Resources> = () => new Map(),
  ): boolean {
    const agent = this.#agents.get(agentId);
    if (!agent) return false;
    const { info = agent.info, capabilities = agent.capabilities, total = agent.total } = change;
    const newCapabilities = capabilities.symmetricDifference(agent.capabilities).size > 0;
    const newAttributes = !attributesEqual(info.attributes ?? [], agent.info.attributes ?? []);
    if (newAttributes) agent.filters.clear();
    const newTotal = this.#setTotal(agent, total);
    const newInfo = info !== agent.info;
    this.#clients.demandChanged();
    agent.info = info;
    if (newCapabilities) this.#clients.setCapabilities(agent, capabilities, used);
    return newCapabilities || newAttributes || newTotal || newInfo;
  }

  activateAgent(agentId: AgentId): void {
    const agent = this.#agents.get(agentId);
    if (agent) agent.active = true;
  }

  /** Leaves an agent out of offers until it is activated again. */
  deactivateAgent(agentId: AgentId): void {
    const agent = this.#agents.get(agentId);
    if (agent) agent.active = false;
  }

  /** Returns the number of agents, active or not. */
  get agentCount(): number {
    return this.#agents.size;
  }

  /** Returns the free resources of an agent; undefined for an unknown one. */
  available(agentId: AgentId): Resources | undefined {
    return this.#agents.get(agentId)?.available;
  }

  /**
   * Frees resources of a framework. The next run offers them again.
   *
   * @param resources allocated to roles. Resources that it does not hold, or that are unknown, are ignored.
   * @param filters of a refusal: the same or less of the agent is then not offered to it for some time.
   */
  recover(frameworkId: FrameworkId, agentId: WireId<'agent'>, resources: Resources, filters?: Filters): void {
    const framework = this.#clients.frameworks.get(frameworkId);
    const agent = this.#agents.get(agentId);
    if (!framework || !agent) return;
    const expiry = this.#clock.expiryOf(filters);
    for (const [role, part] of resources.allocations()) {
      const client = framework.clients.get(role);
      if (!client) continue;
      this.#holdings.release(client, agent, part);
      const refused = agent.holdable(part).unallocate();
      if (expiry && !refused.isEmpty) agent.filters.add(client, refused, expiry, this.#clock.moment);
      this.#clients.drop(client);
    }
  }

  /**
   * Replaces the resources that an operation consumed by those it created, in the allocation and in the agent's total.
   * Without `consumed`, copies of shared volumes came into use, of which there are as many as needed.
   *
   * @param consumed allocated to a role, like `converted`.
   */
  convert(frameworkId: FrameworkId, agentId: AgentId, consumed: Resources, converted: Resources): void {
    const agent = this.#agents.get(agentId);
    if (!agent) return;
    for (const [role, part] of consumed.allocations()) {
      const client = this.#clients.frameworks.get(frameworkId)?.clients.get(role);
      if (client) this.#holdings.release(client, agent, part);
    }
    if (!consumed.isEmpty) {
      this.#setTotal(agent, agent.total.subtract(consumed.unallocate()).add(converted.unallocate()));
    }
    this.#clients.hold(frameworkId, agent, converted);
  }

  /** Sets or (undefined) removes the planned maintenance of an agent's machine. */
  updateUnavailability(agentId: AgentId, unavailability: Unavailability | undefined): void {
    this.#inverse.schedule(agentId, unavailability);
  }

  /** Ends an inverse offer that was answered or taken back; with filters the framework is not asked for a while. */
  inverseOfferAnswered(frameworkId: FrameworkId, agentId: AgentId, filters?: Filters): void {
    this.#inverse.answered(frameworkId, agentId, this.#clock.expiryOf(filters));
  }

  /** @param weight positive. */
  updateWeight(role: string, weight: number): void {
    this.#holdings.setWeight(role, weight);
  }

  /** @param role a top-level role. A quota without guarantees and limits is none. */
  updateQuota(role: string, quota: Quota): void {
    this.#quotas.set(role, quota);
    this.#clients.demandChanged();
  }

  /** Returns what counts against a top-level role's quota: reservations, and resources that are offered or in use. */
  consumedQuota(role: string): Quantities {
    return this.#quotas.consumed(role);
  }

  /** Returns the part of it that is offered or in use and not reserved. */
  heldQuota(role: string): Quantities {
    return this.#quotas.held(role);
  }

  /** Sets the names of hosts that may be in offers; undefined allows all. */
  updateWhitelist(hostnames: ReadonlySet<string> | undefined): void {
    this.#whitelist = hostnames;
  }

  /** Decides now about all agents. */
  allocateAll(): Allocation {
    const allocation = this.allocate(this.#agents.keys());
    this.endBatch();
    return allocation;
  }

  /** Returns all agents' ids in random order, so that no agent is preferred. */
  shuffledAgentIds(): string[] {
    return shuffled([...this.#agents.keys()], this.#options.random);
  }

  /** Ends a run over all agents: refusals that waited for it may end. */
  endBatch(): void {
    this.#clock.endBatch();
  }

  /**
   * Decides now about some agents.
   *
   * @param agentIds unknown ones are left out.
   */
  allocate(agentIds: Iterable<string>): Allocation {
    return this.#decide(this.#known(agentIds), runAllocation);
  }

  /**
   * Performs what an allocator module chose about some agents, as far as it is possible still.
   *
   * @param agentIds the agents that the module was asked about.
   */
  allocateChosen(agentIds: Iterable<string>, choices: readonly ModuleChoice[]): Allocation {
    return this.#decide(this.#known(agentIds), input => {
      const agents = new Map<string, AgentState>(input.agents.map(agent => [agent.id, agent]));
      const known = choices.flatMap(({ agentId, frameworkId, role, resources }): Choice[] => {
        const agent = agents.get(agentId);
        const client = this.#clients.frameworks.get(frameworkId)?.clients.get(role);
        return agent && client ? [{ agent, client, ...(resources && { resources }) }] : [];
      });
      return performChoices(input, known);
    });
  }

  /** Returns what an allocator module is to decide about some agents; undefined when there is nothing to decide. */
  questionAbout(agentIds: Iterable<string>): AllocationRequest | undefined {
    const { roles, total } = this.#holdings;
    return questionAbout({
      agents: this.#candidates(this.#known(agentIds)),
      ...{ frameworks: this.#clients.frameworks.values(), roles: roles.values(), total, quotas: this.#quotas },
      sorter: this.#holdings.sorted(),
    });
  }

  /** Returns the largest share of any resource that a role holds, by its weight; 0 when it has no frameworks. */
  dominantShare(role: string): number {
    const sorter = this.#holdings.sorted();
    return sorter.has(role) ? sorter.share(role) : 0;
  }

  #known(agentIds: Iterable<string>): AgentState[] {
    return [...agentIds].flatMap(id => this.#agents.get(id) ?? []);
  }

  #candidates(agents: readonly AgentState[]): AgentState[] {
    return agents.filter(agent => !candidateGates.some(gate => gate.blocks(agent, this.#whitelist)));
  }

  #decide(agents: readonly AgentState[], decide: (input: RunInput) => Grant[]): Allocation {
    const { moment } = this.#clock;
    const grants = decide({
      agents: this.#candidates(agents),
      allAgents: this.#agents.values(),
      roles: this.#holdings.sorted(),
      quotas: this.#quotas,
      options: this.#options,
      moment,
      era: this.#clients.era,
      random: this.#options.random,
      hold: (client, agent, resources) => this.#holdings.hold(client, agent, resources),
    });
    return { grants, inverse: this.#inverse.ask(agents, moment) };
  }

  /** See {@link explainer}. */
  explainer(): Explain {
    return explainer(this.#circumstances);
  }

  /** See {@link offerReasons}. */
  reasons(question: OfferQuestion): ReasonsOf {
    return offerReasons(this.#circumstances, question);
  }

  /** Returns until when a framework is not asked again to leave an agent, in milliseconds from now; undefined: it may be. */
  inverseRefusalLeft(frameworkId: FrameworkId, agentId: AgentId): number | undefined {
    const leftMs = (this.#inverse.refusedUntil(frameworkId, agentId) ?? 0) - this.#options.now();
    return leftMs > 0 ? leftMs : undefined;
  }

  get #circumstances(): Circumstances {
    const { roleSorter, frameworkSorter } = this.#options;
    const hasOrder = roleSorter === 'drf' && frameworkSorter === 'drf';
    return {
      ...{ options: this.#options, frameworks: this.#clients.frameworks, agents: this.#agents, quotas: this.#quotas },
      whitelist: this.#whitelist,
      order: hasOrder ? this.#holdings.sorted() : undefined,
      moment: () => this.#clock.moment,
    };
  }

  /** Counts the refusals of offers that hold in a role. */
  activeFilters(role: string): number {
    const clients = [...(this.#holdings.roles.get(role)?.clients.values() ?? [])];
    const { moment } = this.#clock;
    let count = 0;
    for (const { filters } of this.#agents.values()) {
      for (const client of clients) count += filters.count(client, moment);
    }
    return count;
  }

  /** Returns the roles that have frameworks. */
  get roles(): Iterable<RoleState> {
    return this.#holdings.roles.values();
  }

  #setTotal(agent: AgentState, total: Resources): boolean {
    if (agent.total.equals(total)) return false;
    this.#holdings.removeTotal(agent.total);
    this.#holdings.addTotal(total);
    agent.total = total;
    return true;
  }
}
