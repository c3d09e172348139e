import type { AgentId, IdMap } from '@meseta/protocol';
import type { AgentObserver } from './observer.ts';

/**
 * A change of an agent that waits for the registry. One at a time: a message that would start another one is dropped,
 * and its sender repeats it.
 */
export type Transition = 'reregistering' | 'unreachable' | 'gone' | 'removing';

/** What belongs to a registered agent besides its state, and must be cancelled when the agent is removed. */
export interface AgentConnection {
  readonly observer: AgentObserver;
  unlink: () => void;
  /** Resolves when what its last disconnection ends has ended; undefined when that was done at once. Never rejects. */
  ending?: Promise<void> | undefined;
  /** Cancels the wait for a disconnected agent to reregister. */
  cancelReregister: () => void;
}

/** The connections, pings and unfinished transitions of all agents of a term. */
export class AgentConnections {
  /** The pids of agents whose first registration waits for the registry. */
  readonly registering = new Set<string>();
  /** The running transition of each agent. */
  readonly transitions: IdMap<'agent', Transition> = new Map();
  readonly #connections: IdMap<'agent', AgentConnection> = new Map();
  /** The term has ended. */
  ended = false;
  #agents = 0;
  #observers = 0;

  /** Returns the number of the next agent id of this master. */
  nextAgent(): number {
    return this.#agents++;
  }

  /** Returns the name of the next actor that pings an agent, in Mesos's form. */
  nextObserver(): string {
    return `slave-observer(${++this.#observers})`;
  }

  begin(agentId: AgentId, connection: AgentConnection): void {
    this.#connections.set(agentId, connection);
  }

  of(agentId: AgentId): AgentConnection | undefined {
    return this.#connections.get(agentId);
  }

  end(agentId: AgentId): void {
    const connection = this.#connections.get(agentId);
    connection?.observer.stop();
    connection?.unlink();
    connection?.cancelReregister();
    this.#connections.delete(agentId);
  }

  /** Ends the connections of all agents. Called when the term ends. */
  endAll(): void {
    this.ended = true;
    for (const id of [...this.#connections.keys()]) this.end(id);
  }

  /** Runs a transition of an agent. @returns undefined when another one is running. */
  async transition<T>(agentId: AgentId, transition: Transition, work: () => Promise<T>): Promise<T | undefined> {
    if (this.transitions.has(agentId)) return undefined;
    this.transitions.set(agentId, transition);
    try {
      return await work();
    } finally {
      this.transitions.delete(agentId);
    }
  }
}
