import { type ContainerId, type ContainerKey, containerKey, type Termination } from '@meseta/containers';
import type { ContainerTermination } from '@meseta/protocol';
import { toContainerTermination } from './termination.ts';
import { Waiters } from './waiters.ts';

/** Clients that wait for containers that the API has not launched: those of executors, tasks and sessions. */
export class OtherWaits {
  readonly #end: (id: ContainerId) => Promise<Termination | undefined> | undefined;
  readonly #waiters = new Map<ContainerKey, Waiters<ContainerTermination>>();

  /** @param end resolves with how a container ended; returns undefined for an unknown one. */
  constructor(end: (id: ContainerId) => Promise<Termination | undefined> | undefined) {
    this.#end = end;
  }

  /** Waits as {@link ApiContainer} does. @returns undefined for an unknown container as well. */
  async wait(id: ContainerId, signal: AbortSignal): Promise<ContainerTermination | undefined> {
    const key = containerKey(id);
    const others = this.#waiters.get(key);
    if (others) return others.wait(signal);
    const end = this.#end(id);
    if (end === undefined) return undefined;
    const first = new Waiters<ContainerTermination>();
    this.#waiters.set(key, first);
    const ended = (termination: ContainerTermination) => {
      this.#waiters.delete(key);
      first.resolve(termination);
    };
    end.then(termination => ended(termination ? toContainerTermination(termination) : {})).catch(() => ended({}));
    return first.wait(signal);
  }
}
