import type { FrameworkId, IdMap, ReadonlyIdMap } from '@meseta/protocol';
import { isPorts, type Quantities, type Resources } from '@meseta/resources';
import type { AgentDescription, AgentState } from './agent-state.ts';
import { FrameworkState } from './framework-state.ts';
import { competes, type GateOptions, gatesFor } from './gates/index.ts';
import type { Holdings } from './holdings.ts';
import type { Client } from './role-state.ts';

interface Options extends GateOptions {
  readonly minAllocatable: readonly Quantities[];
}

/** The frameworks of an allocator and their clients: one for each role that a framework is in or holds something of. */
export class Clients {
  readonly frameworks: IdMap<'framework', FrameworkState> = new Map();
  readonly #options: Options;
  readonly #holdings: Holdings;
  #era = 0;

  constructor(options: Options, holdings: Holdings) {
    this.#options = options;
    this.#holdings = holdings;
  }

  /** What an agent was found to be unwanted in counts only in the same era. */
  get era(): number {
    return this.#era;
  }

  /** Begins a new era: a framework may want what none wanted. */
  demandChanged(): void {
    this.#era++;
  }

  /** Returns a framework. Agents may name it before it is added. */
  framework(id: FrameworkId): FrameworkState {
    const framework = this.frameworks.get(id) ?? new FrameworkState(id);
    this.frameworks.set(id, framework);
    return framework;
  }

  /** Notes what a framework holds of an agent. @param resources allocated to roles. */
  hold(frameworkId: FrameworkId, agent: AgentState, resources: Resources): void {
    for (const [role, part] of agent.holdable(resources).allocations()) {
      const framework = this.framework(frameworkId);
      const known = framework.clients.has(role);
      const client = this.#holdings.client(framework, role);
      if (!known) this.refresh(client);
      this.#holdings.hold(client, agent, part);
    }
  }

  /**
   * Sets the capabilities of an agent: frameworks do not hold ports of one that shares them.
   *
   * @param used what is in use, by framework id: it holds ports when these cease to be shared.
   */
  setCapabilities(
    agent: AgentState,
    capabilities: AgentDescription['capabilities'],
    used: () => ReadonlyIdMap<'framework', Resources>,
  ): void {
    const shared = agent.sharesPorts;
    const share = capabilities.has('SHARED_PORTS');
    if (share && !shared) {
      for (const [client, held] of [...agent.held]) {
        const ports = held.filter(isPorts);
        if (ports.isEmpty) continue;
        this.#holdings.release(client, agent, ports);
        this.drop(client);
      }
    }
    agent.capabilities = capabilities;
    if (shared && !share) {
      for (const [frameworkId, resources] of used()) this.hold(frameworkId, agent, resources.filter(isPorts));
    }
  }

  /** Removes a client that is not needed any more, and its framework if only agents have named it. */
  drop(client: Client): void {
    this.#holdings.dropIfUnused(client);
    const { framework } = client;
    if (framework.clients.size === 0 && !framework.isDescribed) this.frameworks.delete(framework.id);
  }

  /** Frees all that a framework holds, agent by agent, and forgets it. */
  *removing(framework: FrameworkState): Generator<void, void> {
    framework.active = false;
    framework.roles = new Set();
    const clients = [...framework.clients.values()];
    for (const client of clients) this.refresh(client);
    for (const client of clients) {
      for (const agent of [...client.agents]) {
        // It may have been freed since the last step.
        const held = agent.held.get(client);
        if (held) this.#holdings.release(client, agent, held);
        yield;
      }
      this.#holdings.dropIfUnused(client);
    }
    this.frameworks.delete(framework.id);
  }

  /** Updates a client after its framework's state changed. */
  refresh(client: Client): void {
    const { framework, role } = client;
    this.demandChanged();
    client.gates = gatesFor(client, this.#options);
    client.minimum = framework.minimums.get(role.name) ?? this.#options.minAllocatable;
    if (competes(client)) role.sorter.activate(framework.id);
    else role.sorter.deactivate(framework.id);
  }
}
