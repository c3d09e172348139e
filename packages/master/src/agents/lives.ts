import type { AgentId, IdMap } from '@meseta/protocol';
import type { AgentObserver } from './observer.ts';

/**
 * What waits for the registry about one agent. While one of these is under way no other begins: a message that would
 * begin one is dropped, and its sender repeats it.
 */
export type Transition = 'reregistering' | 'unreachable' | 'gone' | 'removing';

/** What a registered agent has beside its state: the things that must be cancelled when it leaves. */
export interface AgentLife {
  readonly observer: AgentObserver;
  unlink: () => void;
  /** Of the wait for a disconnected agent to come back. */
  cancelReregister: () => void;
}

/** Connections, pings and unfinished transitions of agents. */
export class AgentLives {
  /** Pids whose first registration waits for the registry. */
  readonly registering = new Set<string>();
  /** By agent id. */
  readonly transitions: IdMap<'agent', Transition> = new Map();
  readonly #lives: IdMap<'agent', AgentLife> = new Map();
  #agents = 0;
  #observers = 0;

  /** Number of the next agent id of this master. */
  nextAgent(): number {
    return this.#agents++;
  }

  /** Name of the next actor that pings an agent, as Mesos names them. */
  nextObserver(): string {
    return `slave-observer(${++this.#observers})`;
  }

  begin(agentId: AgentId, life: AgentLife): void {
    this.#lives.set(agentId, life);
  }

  of(agentId: AgentId): AgentLife | undefined {
    return this.#lives.get(agentId);
  }

  end(agentId: AgentId): void {
    const life = this.#lives.get(agentId);
    life?.observer.stop();
    life?.unlink();
    life?.cancelReregister();
    this.#lives.delete(agentId);
  }

  /** Ends all: the master stops. */
  endAll(): void {
    for (const id of [...this.#lives.keys()]) this.end(id);
  }

  /** Runs one transition of an agent; undefined when another one is under way. */
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
