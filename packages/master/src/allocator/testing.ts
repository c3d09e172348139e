/** What the allocator's tests share. */
import {
  type AgentInfo,
  type AgentInfoCapabilityType,
  checkId,
  type FrameworkId,
  type FrameworkInfoCapabilityType,
  type ReadonlyIdMap,
} from '@meseta/protocol';
import { parseMinAllocatable, type Resources } from '@meseta/resources';
import { parseQuantities, parseResources } from '@meseta/resources/testing';
import type { AllocatorOptions } from './allocator-options.ts';
import { Allocator, type AllocatorReason, type FrameworkDescription, type Grant, type Refusal } from './index.ts';

/** A clock that stops until the test advances it. */
export class FakeClock {
  nowMs = 0;
  now = (): number => this.nowMs;
}

/** Numbers that look random and are the same each time (mulberry32, whose period is long from every seed). */
export function pseudoRandom(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The capabilities of a present-day agent. */
export const modernAgent: ReadonlySet<AgentInfoCapabilityType> = new Set([
  'MULTI_ROLE',
  'HIERARCHICAL_ROLE',
  'RESERVATION_REFINEMENT',
]);

/** An allocator with short ways to say what tests need. */
export class TestCluster {
  readonly clock = new FakeClock();
  readonly allocator: Allocator;

  constructor(options: Partial<AllocatorOptions> = {}) {
    this.allocator = new Allocator({
      now: this.clock.now,
      random: pseudoRandom(),
      allocationIntervalMs: 1000,
      roleSorter: 'drf',
      frameworkSorter: 'drf',
      minAllocatable: parseMinAllocatable('cpus:0.01|mem:32'),
      excludedNames: new Set(),
      filterGpuResources: true,
      region: undefined,
      ...options,
    });
  }

  framework(
    id: string,
    roles: string[],
    capabilities: FrameworkInfoCapabilityType[] = ['MULTI_ROLE'],
    more: Partial<FrameworkDescription> = {},
  ): void {
    const frameworkId: FrameworkId = checkId(id);
    this.allocator.addFramework({
      id: frameworkId,
      roles,
      suppressedRoles: [],
      capabilities: new Set(capabilities),
      ...more,
    });
    this.allocator.activateFramework(frameworkId);
  }

  agent(
    id: string,
    total: string | Resources,
    info: Partial<AgentInfo> = {},
    capabilities: ReadonlySet<AgentInfoCapabilityType> = modernAgent,
    used: ReadonlyIdMap<'framework', Resources> = new Map(),
  ): void {
    const resources = typeof total === 'string' ? parseResources(total) : total;
    this.allocator.addAgent({ id: checkId(id), info: { hostname: id, ...info }, capabilities, total: resources }, used);
  }

  /** Runs over all agents. */
  run(): Grant[] {
    return this.allocator.allocateAll().grants;
  }

  /** Returns why a run would not offer anything of an agent to a framework. */
  explain(frameworkId: string, role: string, agentId: string): Refusal[] {
    return this.allocator.explainer()(checkId(frameworkId), role, checkId(agentId));
  }

  /** Returns every reason why a run would not offer an agent to a framework with at least this. */
  reasons(frameworkId: string, role: string, agentId: string, size = ''): AllocatorReason[] {
    const question = { frameworkId: checkId<'framework'>(frameworkId), role, size: parseQuantities(size) };
    return this.allocator.reasons(question)(checkId(agentId));
  }

  /** Runs over all agents. Returns the grants as text: `framework@agent: resources`. */
  grants(): string[] {
    return this.run()
      .map(({ frameworkId, agentId, resources }) => `${frameworkId}@${agentId}: ${resources.unallocate()}`)
      .sort();
  }

  recover({ frameworkId, agentId, resources }: Grant, refuseSeconds?: number): void {
    const filters = refuseSeconds === undefined ? undefined : { refuse_seconds: refuseSeconds };
    this.allocator.recover(frameworkId, agentId, resources, filters);
  }
}
