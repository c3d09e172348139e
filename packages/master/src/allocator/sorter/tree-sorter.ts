import type { Quantities } from '@meseta/resources';
import type { Sorter } from './sorter.ts';
import { ClientTree } from './tree.ts';

/** What all sorters have in common: clients in a tree, and weights of paths. */
export abstract class TreeSorter<T> implements Sorter<T> {
  protected readonly tree: ClientTree<T>;
  readonly #weights = new Map<string, number>();

  constructor(hierarchical: boolean) {
    this.tree = new ClientTree(hierarchical);
  }

  abstract setTotal(total: Quantities): void;
  abstract allocate(path: string, quantities: Quantities): void;
  abstract free(path: string, quantities: Quantities): void;
  abstract share(path: string): number;
  abstract sort(): readonly T[];

  /** A client came, went, or takes part or no part from now on. */
  protected abstract clientsChanged(): void;
  protected abstract weightsChanged(): void;

  get size(): number {
    return this.tree.size;
  }

  has(path: string): boolean {
    return this.tree.has(path);
  }

  add(path: string, client: T): void {
    this.tree.add(path, client);
    this.clientsChanged();
  }

  remove(path: string): void {
    this.tree.remove(path);
    this.clientsChanged();
  }

  activate(path: string): void {
    this.tree.leaf(path).active = true;
    this.clientsChanged();
  }

  deactivate(path: string): void {
    this.tree.leaf(path).active = false;
    this.clientsChanged();
  }

  setWeight(path: string, weight: number): void {
    if (!(weight > 0)) throw new RangeError(`Weight of '${path}' must be positive, not ${weight}`);
    this.#weights.set(path, weight);
    this.weightsChanged();
  }

  allocation(path?: string): Quantities {
    return path === undefined ? this.tree.root.allocation : this.tree.leaf(path).node.allocation;
  }

  weight(path: string): number {
    return this.weightOf(path);
  }

  protected weightOf(path: string): number {
    return this.#weights.get(path) ?? 1;
  }
}
