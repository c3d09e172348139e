/** Metrics of roles as the allocator sees them, `allocator/mesos/…/roles/<role>/…`. */
import type { QuotaConfig } from '@meseta/protocol';
import { fromThousandths } from '@meseta/resources';
import type { MasterContext } from '../context.ts';
import type { ClusterObserver } from '../state/cluster.ts';
import type { Framework } from '../state/framework.ts';

/** The resources that Mesos shows here. */
export const shownResources = ['cpus', 'disk', 'mem'];

/** Adds and removes the metrics of roles as frameworks come and go. */
export class RoleMetrics implements ClusterObserver {
  readonly #context: MasterContext;
  /** Frameworks of each role. */
  readonly #roles = new Map<string, Set<Framework>>();

  constructor(context: MasterContext) {
    this.#context = context;
  }

  frameworkAdded(framework: Framework): void {
    this.frameworkUpdated(framework);
  }

  frameworkUpdated(framework: Framework): void {
    const roles = new Set(framework.roles);
    for (const [role, frameworks] of this.#roles) if (!roles.has(role)) this.#leave(role, frameworks, framework);
    for (const role of roles) {
      const frameworks = this.#roles.get(role);
      if (frameworks) frameworks.add(framework);
      else this.#add(role, framework);
    }
  }

  frameworkRemoved(framework: Framework): void {
    for (const [role, frameworks] of this.#roles) this.#leave(role, frameworks, framework);
  }

  #add(role: string, framework: Framework): void {
    const { metrics, allocation, flags } = this.#context;
    this.#roles.set(role, new Set([framework]));
    metrics.gauge(filtersName(role), () => allocation.activeFilters(role));
    if (flags.role_sorter === 'drf') metrics.gauge(shareName(role), () => allocation.dominantShare(role));
  }

  #leave(role: string, frameworks: Set<Framework>, framework: Framework): void {
    if (!frameworks.delete(framework) || frameworks.size > 0) return;
    this.#roles.delete(role);
    this.#context.metrics.remove(filtersName(role));
    this.#context.metrics.remove(shareName(role));
  }
}

const filtersName = (role: string) => `allocator/mesos/offer_filters/roles/${role}/active`;
const shareName = (role: string) => `allocator/mesos/roles/${role}/shares/dominant`;

/**
 * Puts the metrics of a role's quota in the place of those it had.
 *
 * @param before the quota that the role had; undefined when it had none.
 */
export function publishQuota(context: MasterContext, config: QuotaConfig, before?: QuotaConfig): void {
  // By name: to look for them among all metrics takes too long where many roles have quotas.
  if (before) for (const name of quotaMetrics(context, before).keys()) context.metrics.remove(name);
  for (const [name, read] of quotaMetrics(context, config)) context.metrics.gauge(name, read);
}

function quotaMetrics({ allocation }: MasterContext, config: QuotaConfig): Map<string, () => number> {
  const { role, guarantees = {}, limits = {} } = config;
  const prefix = `allocator/mesos/quota/roles/${role}/resources/`;
  const metrics = new Map<string, () => number>();
  for (const [name, { value }] of Object.entries(guarantees)) metrics.set(`${prefix}${name}/guarantee`, () => value);
  for (const [name, { value }] of Object.entries(limits)) metrics.set(`${prefix}${name}/limit`, () => value);
  const named = Object.keys({ ...guarantees, ...limits });
  for (const name of named.length > 0 ? new Set([...shownResources, ...named]) : []) {
    metrics.set(`${prefix}${name}/consumed`, () => fromThousandths(allocation.consumedQuota(role).get(name) ?? 0));
  }
  for (const name of named) {
    const held = () => fromThousandths(allocation.heldQuota(role).get(name) ?? 0);
    metrics.set(`${prefix}${name}/offered_or_allocated`, held);
  }
  return metrics;
}
