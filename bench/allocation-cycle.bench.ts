import { Allocator } from '@meseta/master';
import { type AgentInfoCapabilityType, checkId } from '@meseta/protocol';
import { parseMinAllocatable, Resources } from '@meseta/resources';
import { parseResources } from '@meseta/resources/testing';
import type { Benchmark, Effort } from './benchmark.ts';

interface Size {
  readonly agents: number;
  readonly frameworks: number;
}

const sizeOf = ({ quick }: Effort): Size =>
  quick ? { agents: 200, frameworks: 20 } : { agents: 10_000, frameworks: 200 };
const total = 'cpus:8;mem:8192;disk:100000;ports:[31000-32000]';
const capabilities = new Set<AgentInfoCapabilityType>(['MULTI_ROLE', 'HIERARCHICAL_ROLE']);

/** A cluster in which every framework wants everything, for one role. */
function cluster({ agents, frameworks }: Size): Allocator {
  const allocator = new Allocator({
    now: () => 0,
    random: Math.random,
    allocationIntervalMs: 1000,
    roleSorter: 'drf',
    frameworkSorter: 'drf',
    minAllocatable: parseMinAllocatable('cpus:0.01|mem:32'),
    excludedNames: new Set(),
    filterGpuResources: true,
    region: undefined,
  });
  for (let i = 0; i < frameworks; i++) {
    allocator.addFramework({
      id: checkId(`f${i}`),
      roles: ['web'],
      suppressedRoles: [],
      capabilities: new Set(['MULTI_ROLE']),
    });
    allocator.activateFramework(checkId(`f${i}`));
  }
  for (let i = 0; i < agents; i++) addAgent(allocator, i);
  return allocator;
}

function addAgent(allocator: Allocator, i: number): void {
  const info = { hostname: `host${i}` };
  allocator.addAgent({ id: checkId(`a${i}`), info, capabilities, total: parseResources(total) }, new Map());
}

function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** What the rules say, done literally: on each agent all shares are computed from all that is held, and sorted. */
function naiveRun({ agents, frameworks }: Size): number {
  const free = Array.from({ length: agents }, () => parseResources(total));
  const cluster = Resources.sum(free).quantities();
  const clients = Array.from({ length: frameworks }, (_, i) => ({ id: `f${i}`, held: Resources.empty, count: 0 }));
  const share = (held: Resources) =>
    Math.max(...[...cluster].map(([name, amount]) => (held.quantities().get(name) ?? 0) / amount));
  return timed(() => {
    for (const resources of free) {
      const [first] = clients
        .map(client => ({ client, share: share(client.held) }))
        .sort((a, b) => a.share - b.share || a.client.count - b.client.count || (a.client.id < b.client.id ? -1 : 1));
      if (!first) return;
      first.client.held = first.client.held.add(resources.allocate('web'));
      first.client.count++;
    }
  });
}

export default [
  {
    name: 'allocation, all agents',
    unit: 'ms',
    better: 'less',
    budget: { value: 200 },
    note: '10,000 agents, 200 frameworks in one role, all free; baseline: shares computed and sorted for each agent',
    baseline: async effort => naiveRun(sizeOf(effort)),
    async measure(effort) {
      const allocator = cluster(sizeOf(effort));
      return timed(() => allocator.allocateAll());
    },
  },
  {
    name: 'allocation, all agents, everything declined by everybody',
    unit: 'ms',
    better: 'less',
    budget: { value: 200 },
    note: 'the run after one that found no taker',
    async measure(effort) {
      const { agents, frameworks } = sizeOf({ quick: true });
      const allocator = cluster({ agents: effort.quick ? agents : 2000, frameworks });
      for (let grants = allocator.allocateAll().grants; grants.length > 0; grants = allocator.allocateAll().grants) {
        for (const { frameworkId, agentId, resources } of grants) {
          allocator.recover(frameworkId, agentId, resources, { refuse_seconds: 1e6 });
        }
      }
      return timed(() => allocator.allocateAll());
    },
  },
  {
    name: 'allocation, one agent of many',
    unit: 'ms',
    better: 'less',
    budget: { value: 10 },
    note: 'an agent more, among 10,000 that are taken and 200 frameworks',
    async measure(effort) {
      const size = sizeOf(effort);
      const allocator = cluster(size);
      allocator.allocateAll();
      return timed(() => {
        addAgent(allocator, size.agents);
        allocator.allocate([`a${size.agents}`]);
      });
    },
  },
] satisfies Benchmark[];
