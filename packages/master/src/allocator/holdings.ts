import { addQuantities, noQuantities, type Quantities, Resources, subtractQuantities } from '@meseta/resources';
import type { AgentState } from './agent-state.ts';
import type { FrameworkState } from './framework-state.ts';
import type { QuotaLedger } from './quota.ts';
import { Client, RoleState } from './role-state.ts';
import { type Sorter, type SorterOptions, sorters } from './sorter/index.ts';

interface Options {
  readonly random: () => number;
  readonly roleSorter: 'drf' | 'random';
  readonly frameworkSorter: 'drf' | 'random';
  readonly excludedNames: ReadonlySet<string>;
}

/** Who holds what: keeps agents, sorters and quotas in agreement. */
export class Holdings {
  readonly roles = new Map<string, RoleState>();
  readonly #roleSorter: Sorter<RoleState>;
  readonly #newFrameworkSorter: () => Sorter<Client>;
  readonly #quotas: QuotaLedger;
  /** What all agents have together. */
  get total(): Quantities {
    return this.#total;
  }

  #total: Quantities = noQuantities;
  #totalIsNew = false;

  constructor({ random, roleSorter, frameworkSorter, excludedNames }: Options, quotas: QuotaLedger) {
    const options: Omit<SorterOptions, 'hierarchical'> = { random, excluded: excludedNames };
    this.#roleSorter = sorters[roleSorter]<RoleState>({ ...options, hierarchical: true });
    this.#newFrameworkSorter = () => sorters[frameworkSorter]<Client>({ ...options, hierarchical: false });
    this.#quotas = quotas;
  }

  /** Returns the roles' sorter, after setting the present total in it and in the frameworks' sorters. */
  sorted(): Sorter<RoleState> {
    if (this.#totalIsNew) {
      this.#roleSorter.setTotal(this.#total);
      for (const { sorter } of this.roles.values()) sorter.setTotal(this.#total);
      this.#totalIsNew = false;
    }
    return this.#roleSorter;
  }

  setWeight(role: string, weight: number): void {
    this.#roleSorter.setWeight(role, weight);
  }

  /** Returns the client of a framework in a role. A missing one is created, and is not active. */
  client(framework: FrameworkState, roleName: string): Client {
    const known = framework.clients.get(roleName);
    if (known) return known;
    const role = this.roles.get(roleName) ?? this.#addRole(roleName);
    const client = new Client(framework, role);
    framework.clients.set(roleName, client);
    role.clients.set(framework.id, client);
    role.sorter.add(framework.id, client);
    return client;
  }

  /**
   * Forgets a framework in a role that it has left and of which it holds nothing; and the role with the last one. Does nothing
   * when that was done before: what a framework holds may come back between two steps of its removal.
   */
  dropIfUnused(client: Client): void {
    const { framework, role } = client;
    if (client.subscribed || client.agents.size > 0 || framework.clients.get(role.name) !== client) return;
    framework.clients.delete(role.name);
    role.clients.delete(framework.id);
    role.sorter.remove(framework.id);
    if (role.clients.size > 0) return;
    this.roles.delete(role.name);
    this.#roleSorter.remove(role.name);
  }

  addTotal(total: Resources): void {
    this.#total = addQuantities(this.#total, total.quantities());
    this.#totalIsNew = true;
    this.#quotas.totalChanged(Resources.empty, total);
  }

  removeTotal(total: Resources): void {
    this.#total = subtractQuantities(this.#total, total.quantities());
    this.#totalIsNew = true;
    this.#quotas.totalChanged(total, Resources.empty);
  }

  /** @param given allocated to the client's role. Shared ports among them are not held. */
  hold(client: Client, agent: AgentState, given: Resources): void {
    const { framework, role } = client;
    const resources = agent.holdable(given);
    if (resources.isEmpty) return;
    if (!resources.shared().isEmpty) {
      this.#changeShared(client, agent, () => agent.hold(client, resources));
    } else {
      agent.hold(client, resources);
      role.sorter.allocate(framework.id, resources.quantities());
      this.#roleSorter.allocate(role.name, resources.quantities());
    }
    client.agents.add(agent);
    this.#quotas.hold(role.name, resources);
  }

  /** Releases what of the resources the client does hold. */
  release(client: Client, agent: AgentState, given: Resources): void {
    const { framework, role } = client;
    const resources = agent.holdable(given);
    let released = Resources.empty;
    if (!resources.shared().isEmpty) {
      this.#changeShared(client, agent, () => {
        released = agent.release(client, resources);
      });
    } else {
      released = agent.release(client, resources);
      role.sorter.free(framework.id, released.quantities());
      this.#roleSorter.free(role.name, released.quantities());
    }
    if (!agent.held.has(client)) client.agents.delete(agent);
    this.#quotas.release(role.name, released);
  }

  /** Shared volumes count once for the framework and once for the role, however many copies there are. */
  #changeShared(client: Client, agent: AgentState, change: () => void): void {
    const { framework, role } = client;
    const clientBefore = heldBy(agent, client);
    const roleBefore = heldInRole(agent, role);
    change();
    tell(role.sorter, framework.id, clientBefore, heldBy(agent, client));
    tell(this.#roleSorter, role.name, roleBefore, heldInRole(agent, role));
  }

  #addRole(name: string): RoleState {
    const role = new RoleState(name, this.#newFrameworkSorter());
    role.sorter.setTotal(this.#total);
    this.roles.set(name, role);
    this.#roleSorter.add(name, role);
    this.#roleSorter.activate(name);
    return role;
  }
}

function heldBy(agent: AgentState, client: Client): Quantities {
  return agent.held.get(client)?.quantities() ?? noQuantities;
}

function heldInRole(agent: AgentState, role: RoleState): Quantities {
  const held: Resources[] = [];
  for (const [client, resources] of agent.held) if (client.role === role) held.push(resources);
  return Resources.sum(held).quantities();
}

function tell<T>(sorter: Sorter<T>, path: string, before: Quantities, after: Quantities): void {
  const more = subtractQuantities(after, before);
  const less = subtractQuantities(before, after);
  if (less.size > 0) sorter.free(path, less);
  if (more.size > 0) sorter.allocate(path, more);
}
