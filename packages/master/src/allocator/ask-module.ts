/** What an allocator module is asked, in the form of the module's interface. */
import type { AllocatableRole, AllocationRequest, FreeAgent, WaitingFramework } from '@meseta/modules';
import { fromThousandths, type Limits, type Quantities, type Resources } from '@meseta/resources';
import type { AgentState } from './agent-state.ts';
import type { FrameworkState } from './framework-state.ts';
import { competes } from './gates/index.ts';
import type { QuotaLedger } from './quota.ts';
import type { RoleState } from './role-state.ts';
import type { Sorter } from './sorter/index.ts';

/** How many agents a question is about at most: a few milliseconds' worth of copying. */
export const agentsOfQuestion = 200;

/** A choice of an allocator module, with resources that are checked and not allocated. */
export interface ModuleChoice {
  readonly agentId: string;
  readonly frameworkId: string;
  readonly role: string;
  readonly resources?: Resources;
}

interface Cluster {
  readonly agents: readonly AgentState[];
  readonly frameworks: Iterable<FrameworkState>;
  readonly roles: Iterable<RoleState>;
  readonly total: Quantities;
  readonly quotas: QuotaLedger;
  readonly sorter: Sorter<RoleState>;
}

/** Makes the question about some agents; undefined when none has anything free, or no framework wants offers. */
export function questionAbout(cluster: Cluster): AllocationRequest | undefined {
  const agents = cluster.agents.filter(({ isUsedUp }) => !isUsedUp).map(agentOf);
  const frameworks = agents.length > 0 ? frameworksOf(cluster.frameworks) : [];
  if (frameworks.length === 0) return undefined;
  const roles = [...cluster.roles].map(role => roleOf(role, cluster));
  return { agents, frameworks, roles, total: amounts(cluster.total) };
}

function agentOf({ id, info, total, available }: AgentState): FreeAgent {
  const { hostname, attributes = [], domain } = info;
  return { id, hostname, attributes, ...(domain && { domain }), total: total.toArray(), free: available.toArray() };
}

function frameworksOf(all: Iterable<FrameworkState>): WaitingFramework[] {
  const waiting: WaitingFramework[] = [];
  for (const { id, name, capabilities, clients } of all) {
    const competing = [...clients.values()].filter(competes);
    if (competing.length === 0) continue;
    const held = [...clients.values()].map(({ role }) => [role.name, amounts(role.sorter.allocation(id))] as const);
    const roles = competing.map(({ role }) => role.name);
    waiting.push({ id, name, roles, capabilities: [...capabilities], held: Object.fromEntries(held) });
  }
  return waiting;
}

function roleOf({ name }: RoleState, { sorter, quotas }: Cluster): AllocatableRole {
  const quota = quotas.get(name);
  return {
    name,
    weight: sorter.weight(name),
    held: amounts(sorter.allocation(name)),
    guarantees: amounts(quota?.guarantees),
    limits: amounts(quota?.limits),
  };
}

function amounts(quantities: Quantities | Limits = new Map()): Record<string, number> {
  return Object.fromEntries([...quantities].map(([name, amount]) => [name, fromThousandths(amount)]));
}
