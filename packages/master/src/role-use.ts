/** What roles hold, and what counts against their quota. */
import type { FrameworkId } from '@meseta/protocol';
import {
  addQuantities,
  ancestorRoles,
  isPorts,
  noQuantities,
  type Quantities,
  quantitiesOf,
  type Resources,
  subtractQuantities,
} from '@meseta/resources';
import { resultAtOnce } from '@meseta/system';
import type { MasterContext } from './context.ts';

/** What a role and all below it have. Quantities count ranges and sets too, by their size. */
export interface RoleUse {
  readonly name: string;
  readonly weight: number;
  readonly guarantee: Quantities;
  readonly limit: Quantities;
  readonly allocated: Quantities;
  readonly offered: Quantities;
  readonly reserved: Quantities;
  /** What counts against its quota: allocated, or reserved and not allocated. */
  readonly consumed: Quantities;
  /** Ids of the frameworks that subscribed to it or hold something in it. */
  readonly frameworks: readonly FrameworkId[];
}

/** The agents of a step. */
const agentsPerStep = 32;

/** Returns all roles with a subscriber, a reservation, a weight or a quota, or `*` and those of `--roles`, by name. */
export function roleUses(context: MasterContext): RoleUse[] {
  return resultAtOnce(roleUsesInSteps(context));
}

/**
 * Returns the same in steps, because it walks all agents: each as it is when its turn comes. Those that leave meanwhile
 * count where their turn came before, those that come do not, and none counts twice.
 */
export function* roleUsesInSteps(context: MasterContext): Generator<void, RoleUse[]> {
  const { cluster, registrar } = context;
  const { weights, quota_configs } = registrar.registry.concerns;
  const allocated = new Map<string, Quantities>();
  const offered = new Map<string, Quantities>();
  const reserved = new Map<string, Quantities>();
  const usedReserved = new Map<string, Quantities>();
  const subscribers = new Map<string, Set<FrameworkId>>();
  for (const framework of cluster.frameworks.values()) {
    const [used, held] = [framework.used, framework.offered];
    const roles = [...used.allocations().keys(), ...held.allocations().keys()];
    for (const role of [...framework.roles, ...roles]) join(subscribers, role, framework.id);
    const [usedRest, heldRest] = [withoutPorts(used), withoutPorts(held)];
    sumByRole(allocated, usedRest.allocations());
    sumByRole(offered, heldRest.allocations());
    sumByRole(usedReserved, usedRest.reservations());
  }
  // A port number is another port on each agent, and ports count for no role where they are shared.
  for (const [index, agent] of [...cluster.agents.values()].entries()) {
    if (index > 0 && index % agentsPerStep === 0) yield;
    if (cluster.agents.get(agent.id) !== agent) continue;
    sumByRole(reserved, agent.total.reservations());
    if (agent.sharesPorts) continue;
    const used = agent.totalUsed.filter(isPorts);
    sumByRole(allocated, used.allocations());
    sumByRole(usedReserved, used.reservations());
    sumByRole(offered, agent.offered.filter(isPorts).allocations());
  }

  const weightOf = new Map(weights.map(({ info }) => [info.role ?? '*', info.weight]));
  const quotaOf = new Map(quota_configs.map(config => [config.role, config]));
  const names = new Set([...subscribers.keys(), ...reserved.keys(), ...weightOf.keys(), ...quotaOf.keys()]);
  const sums = {
    allocated: withRolesBelow(allocated),
    offered: withRolesBelow(offered),
    reserved: withRolesBelow(reserved),
    usedReserved: withRolesBelow(usedReserved),
  };
  // --roles closes the list; `*` is always allowed.
  const listed = context.flags.roles === undefined ? names : ['*', ...context.flags.roles];
  const known = new Set([...listed].flatMap(role => [role, ...ancestorRoles(role)]));
  return [...known].sort().map(name => {
    const own = { allocated: of(sums.allocated, name), reserved: of(sums.reserved, name) };
    const unallocated = subtractQuantities(own.reserved, of(sums.usedReserved, name));
    return {
      name,
      weight: weightOf.get(name) ?? 1,
      guarantee: quantitiesOf(quotaOf.get(name)?.guarantees),
      limit: quantitiesOf(quotaOf.get(name)?.limits),
      ...own,
      offered: of(sums.offered, name),
      consumed: addQuantities(own.allocated, unallocated),
      frameworks: [...(subscribers.get(name) ?? [])],
    };
  });
}

function join(subscribers: Map<string, Set<FrameworkId>>, role: string, frameworkId: FrameworkId): void {
  const ids = subscribers.get(role);
  if (ids) ids.add(frameworkId);
  else subscribers.set(role, new Set([frameworkId]));
}

function withoutPorts(resources: Resources): Resources {
  return resources.filter(kind => !isPorts(kind));
}

function sumByRole(sums: Map<string, Quantities>, parts: Map<string, Resources>): void {
  for (const [role, resources] of parts) {
    sums.set(role, addQuantities(sums.get(role) ?? noQuantities, allQuantities(resources)));
  }
}

/** Adds to each role what all roles below it have. Each is added to its ancestors: comparing all with all takes seconds for 10,000. */
function withRolesBelow(sums: ReadonlyMap<string, Quantities>): Map<string, Quantities> {
  const whole = new Map(sums);
  for (const [role, quantities] of sums)
    for (const above of ancestorRoles(role)) whole.set(above, addQuantities(of(whole, above), quantities));
  return whole;
}

const of = (sums: ReadonlyMap<string, Quantities>, role: string): Quantities => sums.get(role) ?? noQuantities;

/** Returns the amounts of scalars, and the number of members of ranges and sets. */
function allQuantities(resources: Resources): Quantities {
  const quantities = new Map(resources.quantities());
  for (const { kind } of resources.entries) {
    if (kind.isScalar || quantities.has(kind.name)) continue;
    const ranges = resources.ranges(kind.name).reduce((sum, { begin, end }) => sum + end - begin + 1, 0);
    quantities.set(kind.name, (ranges + [...resources.set(kind.name)].length) * 1000);
  }
  return quantities;
}
