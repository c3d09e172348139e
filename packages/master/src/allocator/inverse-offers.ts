import type { AgentId, FrameworkId, IdMap, IdSet } from '@meseta/protocol';
import type { AgentState } from './agent-state.ts';
import type { Expiry, Moment } from './refusal-clock.ts';

/** When a machine will be away; nanoseconds, since the epoch and long. Without a duration it does not come back. */
export interface Unavailability {
  readonly startNs: number;
  readonly durationNs?: number;
}

/** A framework is to be asked to leave an agent in time. */
export interface InverseGrant {
  readonly frameworkId: FrameworkId;
  readonly agentId: AgentId;
  readonly unavailability: Unavailability;
}

interface Maintenance {
  readonly unavailability: Unavailability;
  /** Frameworks that have been asked and have not answered. */
  readonly asked: IdSet<'framework'>;
}

/** Who is to be asked to leave which agent because of its maintenance. */
export class InverseOffers {
  readonly #maintenance: IdMap<'agent', Maintenance> = new Map();
  /** By framework, then agent. */
  readonly #refusals: IdMap<'framework', IdMap<'agent', Expiry>> = new Map();

  /** Plans maintenance, changes its plan, or (undefined) cancels it: all frameworks are asked again. */
  schedule(agentId: AgentId, unavailability: Unavailability | undefined): void {
    for (const refusals of this.#refusals.values()) refusals.delete(agentId);
    if (unavailability) this.#maintenance.set(agentId, { unavailability, asked: new Set<FrameworkId>() });
    else this.#maintenance.delete(agentId);
  }

  /**
   * Ends an inverse offer that was answered or taken back: the framework may be asked again.
   *
   * @param expiry until when not; undefined for at once.
   */
  answered(frameworkId: FrameworkId, agentId: AgentId, expiry?: Expiry): void {
    this.#maintenance.get(agentId)?.asked.delete(frameworkId);
    if (!expiry) return;
    const refusals = this.#refusals.get(frameworkId) ?? new Map();
    this.#refusals.set(frameworkId, refusals.set(agentId, expiry));
  }

  /** Returns when a framework's refusal to be asked about an agent ends, milliseconds of the allocator's clock. */
  refusedUntil(frameworkId: FrameworkId, agentId: AgentId): number | undefined {
    return this.#refusals.get(frameworkId)?.get(agentId)?.atMs;
  }

  /** Forgets what a framework refused. */
  forgetRefusals(frameworkId: FrameworkId): void {
    this.#refusals.delete(frameworkId);
  }

  removeFramework(frameworkId: FrameworkId): void {
    this.#refusals.delete(frameworkId);
    for (const { asked } of this.#maintenance.values()) asked.delete(frameworkId);
  }

  removeAgent(agentId: AgentId): void {
    this.#maintenance.delete(agentId);
    for (const refusals of this.#refusals.values()) refusals.delete(agentId);
  }

  /** Asks those active frameworks that hold something of the agents and have not been asked. */
  ask(agents: Iterable<AgentState>, { nowMs }: Moment): InverseGrant[] {
    if (this.#maintenance.size === 0) return [];
    const grants: InverseGrant[] = [];
    for (const agent of agents) {
      const maintenance = this.#maintenance.get(agent.id);
      if (!maintenance) continue;
      for (const { framework } of agent.held.keys()) {
        const refusedUntil = this.refusedUntil(framework.id, agent.id) ?? 0;
        if (!framework.active || maintenance.asked.has(framework.id) || nowMs < refusedUntil) continue;
        maintenance.asked.add(framework.id);
        grants.push({ frameworkId: framework.id, agentId: agent.id, unavailability: maintenance.unavailability });
      }
    }
    return grants;
  }
}
