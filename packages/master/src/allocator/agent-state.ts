import type { AgentId, AgentInfo, AgentInfoCapabilityType } from '@meseta/protocol';
import { isPorts, type Quantities, Resources } from '@meseta/resources';
import { OfferFilters } from './filters.ts';
import type { Client, RoleState } from './role-state.ts';
import { withheld } from './withheld.ts';

/** What the allocator needs to know of an agent. */
export interface AgentDescription {
  readonly id: AgentId;
  readonly info: AgentInfo;
  readonly capabilities: ReadonlySet<AgentInfoCapabilityType>;
  readonly total: Resources;
}

/** An agent, what it has, and who holds what of it. */
export class AgentState {
  readonly id: AgentId;
  info: AgentInfo;
  /** Offers are made only of active ones. */
  active = true;
  /** Offered or in use, by client; allocated to the client's role. Without ports when these are shared. */
  readonly held = new Map<Client, Resources>();
  readonly filters = new OfferFilters();
  #capabilities: ReadonlySet<AgentInfoCapabilityType>;
  #sharesPorts: boolean;
  #total: Resources;
  #hasShared: boolean;
  #hasGpus: boolean;
  /** The sum of the held resources, without allocation roles. */
  #heldSum = Resources.empty;
  #available: Resources | undefined;
  #surplus: Quantities | undefined;
  #unwanted: { era: number; untilMs: number } | undefined;
  /** What can be offered for one role, by abilities: clients of a role are asked one after the other. */
  #askedFor: RoleState | undefined;
  #offerable: (Resources | undefined)[] = [];

  constructor({ id, info, capabilities, total }: AgentDescription) {
    this.id = id;
    this.info = info;
    this.#capabilities = capabilities;
    this.#sharesPorts = capabilities.has('SHARED_PORTS');
    this.#total = total;
    this.#hasShared = !total.shared().isEmpty;
    this.#hasGpus = total.scalar('gpus') > 0;
  }

  get capabilities(): ReadonlySet<AgentInfoCapabilityType> {
    return this.#capabilities;
  }

  /** Before ports become shared, what is held of them must be released; after they cease to be, held again. */
  set capabilities(capabilities: ReadonlySet<AgentInfoCapabilityType>) {
    this.#capabilities = capabilities;
    this.#sharesPorts = capabilities.has('SHARED_PORTS');
    this.#changed();
  }

  /** Tells whether ports are offered to every framework at the same time, and stay so while tasks use them. */
  get sharesPorts(): boolean {
    return this.#sharesPorts;
  }

  /** Returns the part of the agent's resources that frameworks take from each other: all but shared ports. */
  holdable(resources: Resources): Resources {
    return this.#sharesPorts ? resources.filter(kind => !isPorts(kind)) : resources;
  }

  get total(): Resources {
    return this.#total;
  }

  set total(total: Resources) {
    this.#total = total;
    this.#hasShared = !total.shared().isEmpty;
    this.#hasGpus = total.scalar('gpus') > 0;
    this.#changed();
  }

  get hasGpus(): boolean {
    return this.#hasGpus;
  }

  /**
   * Returns the free resources. Shared volumes and shared ports are always included. Otherwise empty when more is held
   * than the agent has.
   */
  get available(): Resources {
    this.#available ??= this.#hasShared
      ? this.#total.nonShared().subtract(this.#heldSum.nonShared()).add(this.#total.shared())
      : this.#total.subtract(this.#heldSum);
    return this.#available;
  }

  /** Tells whether nothing is left to be offered. Shared ports alone are no offer: there would be no end of them. */
  get isUsedUp(): boolean {
    return this.holdable(this.available).isEmpty;
  }

  /** Returns the part that any framework can get permanently: unreserved and not revocable. */
  get surplus(): Quantities {
    this.#surplus ??= this.available.filter(kind => !kind.isReserved && !kind.isRevocable).quantities();
    return this.#surplus;
  }

  /**
   * Returns the free resources that a client could be given. It is the same object for all clients of a role with the
   * same abilities as long as nothing changes, so that answers about it can be remembered. Empty when these are shared
   * ports alone.
   */
  offerableTo(client: Client): Resources {
    const { role, abilities } = client;
    if (this.#askedFor !== role) {
      this.#askedFor = role;
      this.#offerable = [];
    }
    const known = this.#offerable[abilities.key];
    if (known) return known;
    const allowed = this.available.filter(kind => withheld(kind, client) === undefined);
    const offerable = this.holdable(allowed).isEmpty ? Resources.empty : allowed;
    this.#offerable[abilities.key] = offerable;
    return offerable;
  }

  /**
   * Tells whether no framework wanted the agent's resources in their present state, and nothing has happened since that
   * could change that.
   */
  isUnwanted(era: number, nowMs: number): boolean {
    return this.#unwanted?.era === era && nowMs < this.#unwanted.untilMs;
  }

  /** Records that no framework wants the agent's present resources, in this era and until this time. */
  setUnwanted(era: number, untilMs: number): void {
    this.#unwanted = { era, untilMs };
  }

  /** @param resources `holdable` ones, allocated to the client's role. */
  hold(client: Client, resources: Resources): void {
    const unallocated = resources.unallocate();
    const isAll = !this.#hasShared && this.#available !== undefined && unallocated.equals(this.#available);
    this.held.set(client, (this.held.get(client) ?? Resources.empty).add(resources));
    this.#heldSum = this.#heldSum.add(unallocated);
    this.#changed();
    if (isAll) this.#available = Resources.empty; // The usual case.
  }

  /**
   * Takes back what a client holds.
   *
   * @returns what of it the client did hold.
   */
  release(client: Client, resources: Resources): Resources {
    const held = this.held.get(client) ?? Resources.empty;
    const left = held.subtract(resources);
    const released = held.contains(resources) ? resources : held.subtract(left);
    if (left.isEmpty) this.held.delete(client);
    else this.held.set(client, left);
    this.#heldSum = this.#heldSum.subtract(released.unallocate());
    this.#changed();
    return released;
  }

  #changed(): void {
    this.#unwanted = undefined;
    this.#available = undefined;
    this.#surplus = undefined;
    this.#askedFor = undefined;
  }
}
