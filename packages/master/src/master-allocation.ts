/**
 * Connects the allocator to the rest of the master, which works with frameworks, agents and resources of the cluster.
 * Also decides when the allocator runs: over all agents every `--allocation_interval`, and over changed agents soon
 * after a change. A request is merged into one that is waiting.
 */
import type { AllocatorModule } from '@meseta/modules';
import type {
  AgentId,
  AgentInfoCapabilityType,
  Filters,
  FrameworkId,
  FrameworkInfoCapabilityType,
  IdMap,
  QuotaConfig,
  ReadonlyIdMap,
  WireId,
} from '@meseta/protocol';
import { parseMinAllocatable, type Quantities, type Resources } from '@meseta/resources';
import { inSlices } from '@meseta/system';
import type { Allocation, AllocationReason, InverseAnswer } from './allocation.ts';
import {
  AllocationLoop,
  Allocator,
  agentsOfQuestion,
  type Explain,
  type FrameworkDescription,
  type InverseGrant,
  ModuleChooser,
  OfferConstraints,
  type OfferQuestion,
  quotaOf,
  type RecoveryPause,
  type Refusal,
  recoveryPause,
  type Unavailability,
} from './allocator/index.ts';
import type { MasterContext } from './context.ts';
import type { Agent } from './state/agent.ts';
import type { Framework } from './state/framework.ts';
/** The allocation of a running master. */
export class MasterAllocation implements Allocation {
  readonly #context: MasterContext;
  readonly #allocator: Allocator;
  readonly #loop: AllocationLoop;
  readonly #answers: IdMap<'agent', IdMap<'framework', InverseAnswer>> = new Map();
  #weighted: ReadonlySet<string> = new Set();
  readonly #module: ModuleChooser | undefined;
  #pause: (RecoveryPause & { readonly cancel: () => void }) | undefined;

  /** @param module decides in place of the built-in rules. */
  constructor(context: MasterContext, module?: AllocatorModule) {
    this.#context = context;
    const { flags, clock, metrics } = context;
    this.#allocator = new Allocator({
      now: () => clock.steady(),
      random: Math.random,
      allocationIntervalMs: flags.allocation_interval,
      roleSorter: flags.role_sorter === 'random' ? 'random' : 'drf',
      frameworkSorter: flags.framework_sorter === 'random' ? 'random' : 'drf',
      minAllocatable: parseMinAllocatable(flags.min_allocatable_resources),
      excludedNames: new Set(flags.fair_sharing_excluded_resource_names ?? []),
      filterGpuResources: flags.filter_gpu_resources,
      region: context.info.domain?.fault_domain?.region.name,
    });
    this.#module = module && new ModuleChooser(module, this.#allocator, context);
    const runs = metrics.counter('allocator/mesos/allocation_runs');
    const runTime = metrics.timer('allocator/mesos/allocation_run_ms');
    const waitTime = metrics.timer('allocator/mesos/allocation_run_latency_ms');
    this.#loop = new AllocationLoop({
      allocator: {
        shuffledAgentIds: () => this.#allocator.shuffledAgentIds(),
        endBatch: () => this.#allocator.endBatch(),
        allocate: agentIds => {
          runs.increment();
          const stop = runTime.start();
          const decided = this.#module?.decide(agentIds) ?? this.#allocator.allocate(agentIds);
          if (decided instanceof Promise) void decided.then(stop);
          else stop();
          return decided;
        },
      },
      ...(module && { agentsPerTurn: agentsOfQuestion }),
      intervalMs: flags.allocation_interval,
      after: (ms, run) => clock.after(ms, run),
      onWaiting: () => waitTime.start(),
      onAllocation: ({ grants, inverse }) => {
        if (grants.length > 0) context.offers.make(grants);
        if (inverse.length > 0) this.#ask(inverse);
      },
    });
  }

  addFramework(framework: Framework): void {
    this.#allocator.addFramework(this.#describe(framework));
    if (framework.active) this.activateFramework(framework);
  }

  updateFramework(framework: Framework): void {
    this.#allocator.updateFramework(this.#describe(framework));
    this.#loop.request();
  }

  removeFramework(framework: Framework): void {
    void inSlices(this.#allocator.removingFramework(framework.id));
    for (const answers of this.#answers.values()) answers.delete(framework.id);
  }

  activateFramework(framework: Framework): void {
    this.#allocator.activateFramework(framework.id);
    this.#loop.request();
  }

  deactivateFramework(framework: Framework): void {
    this.#allocator.deactivateFramework(framework.id);
  }

  suppress(framework: Framework, roles?: readonly string[]): void {
    this.#allocator.suppress(framework.id, roles);
  }

  revive(framework: Framework, roles?: readonly string[]): void {
    this.#allocator.revive(framework.id, roles);
    this.#loop.request();
  }

  addAgent(agent: Agent): void {
    const { id, info, total } = agent;
    const capabilities = capabilitiesOf(agent);
    this.#allocator.addAgent({ id, info, capabilities, total: total.unallocate() }, usedOf(agent));
    if (this.#pause && this.#allocator.agentCount >= this.#pause.expectedAgents)
      this.#endPause('Enough agents are back');
    this.#loop.request([id]);
  }

  updateAgent(agent: Agent): void {
    const { id, info, total } = agent;
    const change = { info, capabilities: capabilitiesOf(agent), total: total.unallocate() };
    const changed = this.#allocator.updateAgent(id, change, () => usedOf(agent));
    if (changed) this.#loop.request([id]);
  }

  removeAgent(agentId: AgentId): void {
    this.#allocator.removeAgent(agentId);
    this.#answers.delete(agentId);
  }

  activateAgent(agent: Agent): void {
    this.#allocator.activateAgent(agent.id);
    this.#loop.request([agent.id]);
  }

  deactivateAgent(agent: Agent): void {
    this.#allocator.deactivateAgent(agent.id);
  }

  updateUnavailability(agent: Agent, unavailability: Unavailability | undefined): void {
    this.#answers.delete(agent.id);
    this.#allocator.updateUnavailability(agent.id, unavailability);
    this.#loop.request([agent.id]);
  }

  answerInverse(frameworkId: FrameworkId, agentId: AgentId, status: 'ACCEPT' | 'DECLINE', filters: Filters): void {
    this.#allocator.inverseOfferAnswered(frameworkId, agentId, filters);
    this.#note(frameworkId, agentId, status);
  }

  inverseAnswers(agentId: AgentId): ReadonlyIdMap<'framework', InverseAnswer> {
    return this.#answers.get(agentId) ?? new Map();
  }

  recover(frameworkId: FrameworkId, agentId: WireId<'agent'>, resources: Resources, filters?: Filters): void {
    this.#allocator.recover(frameworkId, agentId, resources, filters);
  }

  convert(frameworkId: FrameworkId, agent: Agent, consumed: Resources, converted: Resources): void {
    this.#allocator.convert(frameworkId, agent.id, consumed, converted);
  }

  updateWeights(weights: ReadonlyMap<string, number>): void {
    for (const role of this.#weighted) if (!weights.has(role)) this.#allocator.updateWeight(role, 1);
    for (const [role, weight] of weights) this.#allocator.updateWeight(role, weight);
    this.#weighted = new Set(weights.keys());
    this.#loop.request();
  }

  updateQuota(config: QuotaConfig): void {
    this.#allocator.updateQuota(config.role, quotaOf(config));
    this.#loop.request();
  }

  updateWhitelist(hostnames: ReadonlySet<string> | undefined): void {
    this.#allocator.updateWhitelist(hostnames);
    this.#loop.request();
  }

  available(agentId: AgentId): Resources | undefined {
    return this.#allocator.available(agentId);
  }

  consumedQuota(role: string): Quantities {
    return this.#allocator.consumedQuota(role);
  }

  heldQuota(role: string): Quantities {
    return this.#allocator.heldQuota(role);
  }

  dominantShare(role: string): number {
    return this.#allocator.dominantShare(role);
  }

  activeFilters(role: string): number {
    return this.#allocator.activeFilters(role);
  }

  explainer(): Explain {
    const rules = this.#allocator.explainer();
    const chooses = this.#module?.refusal;
    const explain: Explain = chooses ? (...about) => nonEmpty(rules(...about)) ?? [chooses] : rules;
    const pause = this.#pauseReason();
    return pause ? (...about) => [pause, ...explain(...about)] : explain;
  }

  reasons(question: OfferQuestion): (agentId: AgentId) => AllocationReason[] {
    const rules = this.#allocator.reasons(question);
    const pause = [this.#pauseReason() ?? []].flat();
    const chooses = this.#module?.refusal;
    if (!chooses) return agentId => [...pause, ...rules(agentId)];
    return agentId => {
      // The order of the built-in rules is not the module's.
      const blocking = rules(agentId).filter(({ reason }) => reason !== 'LOWER_SHARE');
      return [...pause, ...(nonEmpty<AllocationReason>(blocking) ?? [chooses])];
    };
  }

  inverseRefusalLeft(frameworkId: FrameworkId, agentId: AgentId): number | undefined {
    return this.#allocator.inverseRefusalLeft(frameworkId, agentId);
  }

  #pauseReason(): Extract<Refusal, { readonly reason: 'RECOVERY_PAUSE' }> | undefined {
    const pause = this.#pause;
    if (!pause) return undefined;
    const leftMs = Math.max(0, pause.untilMs - this.#context.clock.steady());
    const { expectedAgents } = pause;
    return { reason: 'RECOVERY_PAUSE', agents: this.#allocator.agentCount, expectedAgents, leftMs };
  }

  awaitAgents(knownAgents: number): void {
    const { clock, flags, log } = this.#context;
    const { allocator_agent_recovery_factor: factor, allocator_recovery_timeout: timeoutMs } = flags;
    const pause = recoveryPause(knownAgents, factor, timeoutMs, clock.steady());
    if (!pause) return;
    const cancel = clock.after(timeoutMs, () => this.#endPause('--allocator_recovery_timeout is over'));
    this.#pause = { ...pause, cancel };
    this.#loop.pause();
    log.info('Offers wait for agents to come back, because there are quotas', {
      ...{ known_agents: knownAgents, expected_agents: pause.expectedAgents, timeout_ms: timeoutMs },
    });
  }

  trigger(): void {
    this.#loop.request();
  }

  start(): void {
    this.#loop.start();
  }

  stop(): void {
    this.#pause?.cancel();
    this.#pause = undefined;
    this.#loop.stop();
  }

  #endPause(why: string): void {
    this.#pause?.cancel();
    this.#pause = undefined;
    this.#context.log.info(`${why}: offers begin`, { agents: this.#allocator.agentCount });
    this.#loop.resume();
  }

  #describe(framework: Framework): FrameworkDescription {
    const { id, info, roles, suppressedRoles, offerConstraints } = framework;
    const capabilities = (info.capabilities ?? []).flatMap(({ type }): FrameworkInfoCapabilityType[] =>
      type ? [type] : [],
    );
    const size = this.#context.flags.offer_constraints_re2_max_program_size;
    return {
      id,
      name: info.name,
      roles,
      suppressedRoles,
      capabilities: new Set(capabilities),
      ...(info.offer_filters && { offerFilters: info.offer_filters }),
      ...(offerConstraints && { constraints: new OfferConstraints(offerConstraints, size) }),
    };
  }

  #ask(inverse: readonly InverseGrant[]): void {
    for (const { frameworkId, agentId } of inverse) this.#note(frameworkId, agentId, 'UNKNOWN');
    this.#context.offers.makeInverse(inverse);
  }

  #note(frameworkId: FrameworkId, agentId: AgentId, status: InverseAnswer['status']): void {
    const answers = this.#answers.get(agentId) ?? new Map();
    this.#answers.set(agentId, answers.set(frameworkId, { status, atMs: this.#context.clock.now() }));
  }
}

function nonEmpty<T>(items: T[]): T[] | undefined {
  return items.length > 0 ? items : undefined;
}

function usedOf({ used }: Agent): ReadonlyIdMap<'framework', Resources> {
  return new Map([...used].map(([frameworkId, { sum }]) => [frameworkId, sum]));
}

function capabilitiesOf({ capabilities }: Agent): ReadonlySet<AgentInfoCapabilityType> {
  return new Set(capabilities.flatMap(({ type }): AgentInfoCapabilityType[] => (type ? [type] : [])));
}
