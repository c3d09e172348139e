import type { Rate } from '@meseta/flags';
import type { AgentId, IdMap } from '@meseta/protocol';
import { type Clock, SlicedQueue } from '@meseta/system';

/** Lets agents be removed no faster than `--agent_removal_rate_limit`, in the order they were found missing. */
export class RemovalLimiter {
  readonly #clock: Clock;
  readonly #spacingMs: number;
  readonly #queue: IdMap<'agent', () => void> = new Map();
  /** Without a limit: thousands of agents may be found missing in one turn of the event loop. */
  readonly #soon = new SlicedQueue();
  #next = 0;
  #cancel: (() => void) | undefined;

  /** @param rate undefined: no limit. */
  constructor(clock: Clock, rate: Rate | undefined) {
    this.#clock = clock;
    this.#spacingMs = rate ? rate.intervalMs / rate.permits : 0;
  }

  /** Tells whether an agent waits for its turn. */
  has(agentId: AgentId): boolean {
    return this.#queue.has(agentId);
  }

  /** Runs `remove` when it is the agent's turn: in one of the next turns of the event loop when there is no limit. */
  acquire(agentId: AgentId, remove: () => void): void {
    this.#queue.set(agentId, remove);
    if (this.#spacingMs === 0) this.#soon.push(() => this.#remove(agentId));
    else this.#wait();
  }

  stop(): void {
    this.#cancel?.();
    this.#queue.clear();
  }

  #wait(): void {
    if (this.#cancel || this.#queue.size === 0) return;
    this.#cancel = this.#clock.after(Math.max(0, this.#next - this.#clock.steady()), () => {
      this.#cancel = undefined;
      this.#next = this.#clock.steady() + this.#spacingMs;
      const [agentId] = this.#queue.keys();
      if (agentId !== undefined) this.#remove(agentId);
      this.#wait();
    });
  }

  #remove(agentId: AgentId): void {
    const remove = this.#queue.get(agentId);
    this.#queue.delete(agentId);
    remove?.();
  }
}
