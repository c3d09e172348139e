import type { AgentTable } from './agents.ts';
import type { Names } from './names.ts';

/** Of how many agents that were removed the hosts are kept: events and tasks name them for some time. */
const FORMER_HOSTS = 1000;

/** What agents are called in the tables of tasks and events: by their hosts, also for some time after they were removed. */
export class AgentNames implements Names {
  readonly of = { agent: (id: string) => this.#hostOf(id) };
  version = 0;
  readonly #agents: AgentTable;
  /** By the ids of agents that were removed; the last one at the end. */
  readonly #former = new Map<string, string>();

  constructor(agents: AgentTable) {
    this.#agents = agents;
  }

  /** Notes the host of an agent, before its row is filled. */
  note(id: string, host: string): void {
    if (this.#hostOf(id) !== host) this.version++;
    this.#former.delete(id);
  }

  /** Keeps the host of an agent, before its row is removed. */
  keep(id: string): void {
    this.#former.set(id, this.#hostOf(id));
    const [oldest] = this.#former.keys();
    if (this.#former.size <= FORMER_HOSTS || oldest === undefined) return;
    this.#former.delete(oldest);
    this.version++;
  }

  /** Forgets agents that were removed. */
  clear(): void {
    this.#former.clear();
    this.version++;
  }

  /** Empty: the agent is not known. */
  #hostOf(id: string): string {
    const row = this.#agents.rowOf(id);
    return row === undefined ? (this.#former.get(id) ?? '') : this.#agents.columns.hostname.valueOf(row);
  }
}
