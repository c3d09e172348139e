/**
 * The registry in memory, by the things operations look for, and its form in the store: a variable for each agent and
 * one for each concern, so that admitting an agent to a cluster of ten thousand writes a hundred bytes. Every variable
 * holds a `Registry` message of which only its part is set; all of them merged are the registry Mesos would store.
 *
 * ```text
 * agents/<id>        admitted           weights             weights of roles
 * unreachable/<id>   lost from sight    quota               quota_configs, quotas
 * gone/<id>          never to return    maintenance         machines, schedules
 * master             the last leader    minimum_capabilities
 * ```
 */
import {
  type AgentId,
  checkId,
  decode,
  encode,
  type IdMap,
  type MaintenanceSchedule,
  type QuotaConfig,
  Registry,
  type RegistryGoneSlave,
  type RegistryMachine,
  type RegistryMaster,
  type RegistryMinimumCapability,
  type RegistryQuota,
  type RegistrySlave,
  type RegistryUnreachableSlave,
  type RegistryWeight,
  type WireId,
} from '@meseta/protocol';

/** The concerns that have one variable each, with the fields of `Registry` they hold. */
const concerns = {
  master: ['master'],
  weights: ['weights'],
  quota: ['quotas', 'quota_configs'],
  maintenance: ['machines', 'schedules'],
  minimum_capabilities: ['minimum_capabilities'],
} as const satisfies Record<string, readonly (keyof Registry)[]>;

type Concern = keyof typeof concerns;

/** What of the registry is not kept by agent. */
export interface RegistryConcerns {
  master?: RegistryMaster;
  weights: readonly RegistryWeight[];
  quota_configs: readonly QuotaConfig[];
  quotas: readonly RegistryQuota[];
  machines: readonly RegistryMachine[];
  schedules: readonly MaintenanceSchedule[];
  minimum_capabilities: readonly RegistryMinimumCapability[];
}

/** A map by agent id whose changes are noted as dirty variables. Iterates in the order of insertion, oldest first. */
export class RegistryMap<T> {
  readonly #entries: IdMap<'agent', T> = new Map();
  readonly #prefix: string;
  readonly #dirty: Set<string>;

  constructor(prefix: string, dirty: Set<string>) {
    this.#prefix = prefix;
    this.#dirty = dirty;
  }

  get size(): number {
    return this.#entries.size;
  }
  get(id: WireId<'agent'>): T | undefined {
    return this.#entries.get(id);
  }
  has(id: WireId<'agent'>): boolean {
    return this.#entries.has(id);
  }
  entries(): IterableIterator<[AgentId, T]> {
    return this.#entries.entries();
  }
  values(): IterableIterator<T> {
    return this.#entries.values();
  }
  set(id: AgentId, value: T): void {
    this.#entries.set(id, value);
    this.#dirty.add(this.#prefix + id);
  }
  delete(id: WireId<'agent'>): boolean {
    const existed = this.#entries.delete(id);
    if (existed) this.#dirty.add(this.#prefix + id);
    return existed;
  }
}

/** The registry in memory, which records which variables have to be stored. */
export class RegistryState {
  readonly #dirty = new Set<string>();
  /** By agent id. */
  readonly agents = new RegistryMap<RegistrySlave>('agents/', this.#dirty);
  readonly unreachable = new RegistryMap<RegistryUnreachableSlave>('unreachable/', this.#dirty);
  readonly gone = new RegistryMap<RegistryGoneSlave>('gone/', this.#dirty);
  #concerns: RegistryConcerns = {
    weights: [],
    quota_configs: [],
    quotas: [],
    machines: [],
    schedules: [],
    minimum_capabilities: [],
  };

  get concerns(): Readonly<RegistryConcerns> {
    return this.#concerns;
  }

  /** Replaces some of the concerns, `{ weights }`. */
  update(changes: Partial<RegistryConcerns>): void {
    this.#concerns = { ...this.#concerns, ...changes };
    for (const [concern, fields] of Object.entries(concerns)) {
      if (fields.some(field => field in changes)) this.#dirty.add(concern);
    }
  }

  /** Returns the names of variables changed since the last call. */
  takeDirty(): string[] {
    const names = [...this.#dirty];
    this.#dirty.clear();
    return names;
  }

  /** Returns a variable's value to store; undefined when it is to be removed. */
  encodeVariable(name: string): Uint8Array | undefined {
    if (name in concerns) return encode(Registry, this.#concern(name as Concern));
    const slash = name.indexOf('/');
    const id = name.slice(slash + 1);
    const part = this.#agentPart(name.slice(0, slash), id);
    return part && encode(Registry, part);
  }

  /** Takes over the value of a stored variable. @throws {DecodeError} when it is no `Registry`. */
  load(value: Uint8Array): void {
    const { agents, unreachable, gone, machines, ...concerned } = decode(Registry, value);
    for (const agent of agents?.agents ?? []) this.agents.set(checkId(agent.info.id?.value ?? ''), agent);
    for (const agent of unreachable?.agents ?? []) this.unreachable.set(checkId(agent.id.value), agent);
    for (const agent of gone?.agents ?? []) this.gone.set(checkId(agent.id.value), agent);
    // A list that became empty is written as an empty message, which has no list.
    const concerns = Object.entries({ ...concerned, machines: machines?.machines }).filter(
      ([, list]) => list !== undefined,
    );
    // Nearly all variables are of an agent, and there are tens of thousands.
    if (concerns.length > 0) this.update(Object.fromEntries(concerns));
    this.#dirty.clear();
  }

  /** Returns the whole registry as one message, as Mesos shows it. */
  toMessage(): Registry {
    const { machines, master, ...rest } = this.#concerns;
    const lists = Object.entries(rest).filter(([, list]) => list.length > 0);
    return {
      ...(master && { master }),
      agents: { agents: [...this.agents.values()] },
      machines: { machines: [...machines] },
      ...Object.fromEntries(lists),
      unreachable: { agents: [...this.unreachable.values()] },
      gone: { agents: [...this.gone.values()] },
    };
  }

  #concern(concern: Concern): Registry {
    const fields = concerns[concern].map(field => {
      const value = this.#concerns[field];
      return [field, field === 'machines' ? { machines: value } : value] as const;
    });
    return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
  }

  #agentPart(kind: string, id: WireId<'agent'>): Registry | undefined {
    if (kind === 'agents') return wrap(this.agents.get(id), agent => ({ agents: { agents: [agent] } }));
    if (kind === 'unreachable') return wrap(this.unreachable.get(id), agent => ({ unreachable: { agents: [agent] } }));
    return wrap(this.gone.get(id), agent => ({ gone: { agents: [agent] } }));
  }
}

function wrap<T>(value: T | undefined, part: (value: T) => Registry): Registry | undefined {
  return value === undefined ? undefined : part(value);
}
