import type { Quantities } from '@meseta/resources';
import type { Sorter, SorterOptions } from './sorter.ts';
import { ClientTree, Leaf, type Node } from './tree.ts';

/**
 * A new order each time it is asked for: the chance to be first is a client's weight relative to its siblings', times
 * that of its parent. What clients hold does not matter.
 *
 * @see Mesos src/master/allocator/mesos/sorter/random/sorter.cpp
 */
export class RandomSorter<T> implements Sorter<T> {
  readonly #tree: ClientTree<T>;
  readonly #random: () => number;
  readonly #weights = new Map<string, number>();
  /** Active clients with their chances; undefined when they have to be found anew. */
  #chances: { client: T; chance: number }[] | undefined;

  constructor({ random, hierarchical }: SorterOptions) {
    this.#tree = new ClientTree(hierarchical);
    this.#random = random;
  }

  get size(): number {
    return this.#tree.size;
  }

  has(path: string): boolean {
    return this.#tree.has(path);
  }

  add(path: string, client: T): void {
    this.#tree.add(path, client);
    this.#chances = undefined;
  }

  remove(path: string): void {
    this.#tree.remove(path);
    this.#chances = undefined;
  }

  activate(path: string): void {
    this.#tree.leaf(path).active = true;
    this.#chances = undefined;
  }

  deactivate(path: string): void {
    this.#tree.leaf(path).active = false;
    this.#chances = undefined;
  }

  setWeight(path: string, weight: number): void {
    if (!(weight > 0)) throw new RangeError(`Weight of '${path}' must be positive, not ${weight}`);
    this.#weights.set(path, weight);
    this.#chances = undefined;
  }

  setTotal(): void {}

  allocate(path: string, quantities: Quantities): void {
    this.#change(path, quantities, 1);
  }

  free(path: string, quantities: Quantities): void {
    this.#change(path, quantities, -1);
  }

  allocation(path?: string): Quantities {
    return path === undefined ? this.#tree.root.allocation : this.#tree.leaf(path).node.allocation;
  }

  /** Weighted shuffle: each draws the time until its first turn, those with more weight a shorter one. */
  sort(): readonly T[] {
    this.#chances ??= this.#findChances();
    return this.#chances
      .map(({ client, chance }) => ({ client, time: -Math.log(1 - this.#random()) / chance }))
      .sort((a, b) => a.time - b.time)
      .map(({ client }) => client);
  }

  #change(path: string, quantities: Quantities, sign: 1 | -1): void {
    const leaf = this.#tree.leaf(path);
    leaf.change(quantities, sign);
    for (let node: Node<T> | undefined = leaf.node; node; node = node.parent) node.change(quantities, sign);
  }

  #findChances(): { client: T; chance: number }[] {
    const busy = new Set<Node<T>>();
    for (const leaf of this.#tree.leaves()) {
      if (!leaf.active) continue;
      for (let node: Node<T> | undefined = leaf.node; node && !busy.has(node); node = node.parent) busy.add(node);
    }
    const chances: { client: T; chance: number }[] = [];
    this.#spread(this.#tree.root, 1, busy, chances);
    return chances;
  }

  /** Divides a node's chance among what is active in it. */
  #spread(node: Node<T>, chance: number, busy: ReadonlySet<Node<T>>, found: { client: T; chance: number }[]): void {
    const active = node.competitors().filter(one => (one instanceof Leaf ? one.active : busy.has(one)));
    const weights = active.map(({ path }) => this.#weights.get(path) ?? 1);
    const sum = weights.reduce((a, b) => a + b, 0);
    for (const [i, competitor] of active.entries()) {
      const part = (chance * weights[i]!) / sum;
      if (competitor instanceof Leaf) found.push({ client: competitor.client, chance: part });
      else this.#spread(competitor, part, busy, found);
    }
  }
}
