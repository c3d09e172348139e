import { type ContainerId, type ContainerKey, containerKey } from '../container-id.ts';
import type { Container } from './container.ts';

/** The containers that a containerizer knows, with those in each. */
export class ContainerTree {
  readonly #containers = new Map<ContainerKey, Container>();

  get(id: ContainerId | ContainerKey): Container | undefined {
    return this.#containers.get(typeof id === 'string' ? id : containerKey(id));
  }

  keys(): Iterable<ContainerKey> {
    return this.#containers.keys();
  }

  /** Containers that are around others come before these. */
  *ids(): Iterable<ContainerId> {
    for (const { id } of this.#containers.values()) yield id;
  }

  /** @param isolated isolators take part in it. @param isWatched and may limit it. */
  add(
    id: ContainerId,
    { isolated, isWatched }: { readonly isolated: boolean; readonly isWatched: boolean },
  ): Container {
    const container: Container = {
      ...{ id, isolated, environment: undefined, workingDirectory: undefined, keepsEnvironment: false },
      launching: Promise.resolve(),
      children: new Set(),
      over: isWatched ? new AbortController() : undefined,
    };
    this.#containers.set(containerKey(id), container);
    if (id.parent) this.get(id.parent)?.children.add(container);
    return container;
  }

  remove(container: Container): void {
    const { id } = container;
    this.#containers.delete(containerKey(id));
    if (id.parent) this.get(id.parent)?.children.delete(container);
  }
}
