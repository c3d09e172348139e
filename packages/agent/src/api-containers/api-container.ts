import { type ContainerId, type ContainerKey, containerKey } from '@meseta/containers';
import type { ContainerConfig, ContainerTermination } from '@meseta/protocol';
import { Waiters } from './waiters.ts';

/**
 * - `LAUNCHING`: it is written down, and being launched
 * - `RUNNING`: its program runs, or ran under an earlier agent
 * - `DESTROYING`: its first process has ended, and what is left of it is being removed
 * - `ENDED`: its exit status is kept until it is removed
 *
 * ```text
 * LAUNCHING ──▶ RUNNING ──▶ DESTROYING ──▶ ENDED ──▶ (removed, or launched again)
 *     └─ fails: (gone)
 * ```
 */
export type ApiContainerState = 'LAUNCHING' | 'RUNNING' | 'DESTROYING' | 'ENDED';

/** A container that was launched by a call of the agent's API. */
export class ApiContainer {
  readonly id: ContainerId;
  readonly key: ContainerKey;
  /** What it was launched with, as {@link storedConfig} keeps it. */
  readonly config: ContainerConfig;
  state: ApiContainerState;
  /** It was killed, possibly before the containerizer has it. */
  isKilled = false;
  /** How it ended, once it has. */
  termination: ContainerTermination | undefined;
  readonly #waiters = new Waiters<ContainerTermination>();
  readonly #over = Promise.withResolvers<void>();

  /** @param state of one that an earlier agent launched. */
  constructor(id: ContainerId, config: ContainerConfig, state: 'LAUNCHING' | 'RUNNING' = 'LAUNCHING') {
    this.id = id;
    this.key = containerKey(id);
    this.config = config;
    this.state = state;
  }

  /** Resolves when it has ended, or its launch has failed. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** Its end is known and stored. */
  end(termination: ContainerTermination): void {
    this.state = 'ENDED';
    this.termination = termination;
    this.#waiters.resolve(termination);
    this.#over.resolve();
  }

  /** Resolves when it has ended; with undefined when `signal` is aborted before. */
  wait(signal: AbortSignal): Promise<ContainerTermination | undefined> {
    return this.termination ? Promise.resolve(this.termination) : this.#waiters.wait(signal);
  }
}
