import type { FrameworkId, FrameworkInfo, FrameworkInfoCapabilityType } from '@meseta/protocol';
import { type Quantities, quantitiesOf } from '@meseta/resources';
import type { OfferConstraints } from './constraints/index.ts';
import type { Client } from './role-state.ts';

/** What the allocator needs to know of a framework. */
export interface FrameworkDescription {
  readonly id: FrameworkId;
  /** `FrameworkInfo.name`, for allocator modules. */
  readonly name?: string;
  readonly roles: Iterable<string>;
  readonly suppressedRoles: Iterable<string>;
  readonly capabilities: ReadonlySet<FrameworkInfoCapabilityType>;
  /** `FrameworkInfo.offer_filters`: by role, the least an offer must have. */
  readonly offerFilters?: FrameworkInfo['offer_filters'];
  /** Which agents it wants to be offered at all. */
  readonly constraints?: OfferConstraints;
}

/** The kinds of resources a framework can deal with. */
export interface Abilities {
  readonly shared: boolean;
  readonly revocable: boolean;
  readonly refinement: boolean;
  /** Equal for equal abilities; 0 to 7. */
  readonly key: number;
}

/** A framework; also one that is known only from what agents say it holds. */
export class FrameworkState {
  readonly id: FrameworkId;
  name = '';
  active = false;
  /** False when it is known only from what agents say. */
  isDescribed = false;
  roles: ReadonlySet<string> = new Set();
  suppressedRoles: ReadonlySet<string> = new Set();
  capabilities: ReadonlySet<FrameworkInfoCapabilityType> = new Set();
  abilities: Abilities = abilitiesOf(new Set());
  /** By role. */
  minimums: ReadonlyMap<string, readonly Quantities[]> = new Map();
  constraints: OfferConstraints | undefined;
  /** By role. */
  readonly clients = new Map<string, Client>();

  constructor(id: FrameworkId) {
    this.id = id;
  }

  update({
    name = this.name,
    roles,
    suppressedRoles,
    capabilities,
    offerFilters,
    constraints,
  }: FrameworkDescription): void {
    this.isDescribed = true;
    this.name = name;
    this.roles = new Set(roles);
    this.suppressedRoles = new Set(suppressedRoles);
    this.capabilities = capabilities;
    this.abilities = abilitiesOf(capabilities);
    this.minimums = minimumsOf(offerFilters);
    this.constraints = constraints;
  }

  /** Returns those of its roles that are named; all of them when none is. */
  named(roles: Iterable<string>): ReadonlySet<string> {
    const named = new Set(roles);
    return named.size > 0 ? named.intersection(this.roles) : this.roles;
  }
}

function abilitiesOf(capabilities: ReadonlySet<FrameworkInfoCapabilityType>): Abilities {
  const shared = capabilities.has('SHARED_RESOURCES');
  const revocable = capabilities.has('REVOCABLE_RESOURCES');
  const refinement = capabilities.has('RESERVATION_REFINEMENT');
  return { shared, revocable, refinement, key: (shared ? 1 : 0) + (revocable ? 2 : 0) + (refinement ? 4 : 0) };
}

function minimumsOf(offerFilters: FrameworkInfo['offer_filters']): Map<string, readonly Quantities[]> {
  const minimums = new Map<string, readonly Quantities[]>();
  for (const [role, { min_allocatable_resources: least }] of Object.entries(offerFilters ?? {})) {
    if (least)
      minimums.set(
        role,
        (least.quantities ?? []).map(({ quantities }) => quantitiesOf(quantities)),
      );
  }
  return minimums;
}
