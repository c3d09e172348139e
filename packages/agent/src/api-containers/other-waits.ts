import { type ContainerId, type Containerizer, type ContainerKey, containerKey } from '@meseta/containers';
import type { ContainerTermination } from '@meseta/protocol';
import { toContainerTermination } from './termination.ts';
import { Waiters } from './waiters.ts';

/** Clients that wait for containers that the API has not launched: those of executors and tasks. */
export class OtherWaits {
  readonly #containerizer: Pick<Containerizer, 'wait'>;
  readonly #waiters = new Map<ContainerKey, Waiters<ContainerTermination>>();

  constructor(containerizer: Pick<Containerizer, 'wait'>) {
    this.#containerizer = containerizer;
  }

  /** Waits as {@link ApiContainer} does. @returns undefined for an unknown container as well. */
  async wait(id: ContainerId, signal: AbortSignal): Promise<ContainerTermination | undefined> {
    const key = containerKey(id);
    const others = this.#waiters.get(key);
    if (others) return others.wait(signal);
    const end = this.#containerizer.wait(id);
    if (end === undefined) return undefined;
    const first = new Waiters<ContainerTermination>();
    this.#waiters.set(key, first);
    const ended = (termination: ContainerTermination) => {
      this.#waiters.delete(key);
      first.resolve(termination);
    };
    end.then(termination => ended(toContainerTermination(termination))).catch(() => ended({}));
    return first.wait(signal);
  }
}
