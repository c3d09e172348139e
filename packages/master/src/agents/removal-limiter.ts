import type { Rate } from '@meseta/flags';
import type { AgentId, IdMap } from '@meseta/protocol';
import type { Clock } from '@meseta/system';

/** Lets agents be removed no faster than `--agent_removal_rate_limit`, in the order they were found missing. */
export class RemovalLimiter {
  readonly #clock: Clock;
  readonly #spacingMs: number;
  readonly #queue: IdMap<'agent', () => void> = new Map();
  #next = 0;
  #cancel: (() => void) | undefined;

  /** @param rate undefined lets everyone at once. */
  constructor(clock: Clock, rate: Rate | undefined) {
    this.#clock = clock;
    this.#spacingMs = rate ? rate.intervalMs / rate.permits : 0;
  }

  /** Tells whether an agent waits for its turn. */
  has(agentId: AgentId): boolean {
    return this.#queue.has(agentId);
  }

  /** Runs `remove` when it is the agent's turn; at once when there is no limit. */
  acquire(agentId: AgentId, remove: () => void): void {
    if (this.#spacingMs === 0) return remove();
    this.#queue.set(agentId, remove);
    this.#wait();
  }

  stop(): void {
    this.#cancel?.();
    this.#queue.clear();
  }

  #wait(): void {
    if (this.#cancel || this.#queue.size === 0) return;
    this.#cancel = this.#clock.after(Math.max(0, this.#next - this.#clock.now()), () => {
      this.#cancel = undefined;
      this.#next = this.#clock.now() + this.#spacingMs;
      const first = this.#queue.entries().next().value;
      if (!first) return;
      const [agentId, remove] = first;
      this.#queue.delete(agentId);
      remove();
      this.#wait();
    });
  }
}
