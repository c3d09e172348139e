import type { Quantities } from '@meseta/resources';
import type { SorterOptions } from './sorter.ts';
import { Leaf, type Node } from './tree.ts';
import { TreeSorter } from './tree-sorter.ts';

/**
 * A new order each time it is asked for: the chance to be first is a client's weight relative to its siblings', times
 * that of its parent. What clients hold does not matter.
 *
 * @see Mesos src/master/allocator/mesos/sorter/random/sorter.cpp
 */
export class RandomSorter<T> extends TreeSorter<T> {
  readonly #random: () => number;
  /** Active clients with their chances; undefined when they have to be found anew. */
  #chances: { client: T; chance: number }[] | undefined;

  constructor({ random, hierarchical }: SorterOptions) {
    super(hierarchical);
    this.#random = random;
  }

  setTotal(): void {}

  allocate(path: string, quantities: Quantities): void {
    this.#change(path, quantities, 1);
  }

  free(path: string, quantities: Quantities): void {
    this.#change(path, quantities, -1);
  }

  share(): number {
    return 0;
  }

  /** Weighted shuffle: each draws the time until its first turn, those with more weight a shorter one. */
  sort(): readonly T[] {
    this.#chances ??= this.#findChances();
    return this.#chances
      .map(({ client, chance }) => ({ client, time: -Math.log(1 - this.#random()) / chance }))
      .sort((a, b) => a.time - b.time)
      .map(({ client }) => client);
  }

  protected override clientsChanged(): void {
    this.#chances = undefined;
  }

  protected override weightsChanged(): void {
    this.#chances = undefined;
  }

  #change(path: string, quantities: Quantities, sign: 1 | -1): void {
    const leaf = this.tree.leaf(path);
    leaf.change(quantities, sign);
    for (let node: Node<T> | undefined = leaf.node; node; node = node.parent) node.change(quantities, sign);
  }

  #findChances(): { client: T; chance: number }[] {
    const busy = new Set<Node<T>>();
    for (const leaf of this.tree.leaves()) {
      if (!leaf.active) continue;
      for (let node: Node<T> | undefined = leaf.node; node && !busy.has(node); node = node.parent) busy.add(node);
    }
    const chances: { client: T; chance: number }[] = [];
    this.#spread(this.tree.root, 1, busy, chances);
    return chances;
  }

  /** Divides a node's chance among what is active in it. */
  #spread(node: Node<T>, chance: number, busy: ReadonlySet<Node<T>>, found: { client: T; chance: number }[]): void {
    const active = node.competitors().filter(one => (one instanceof Leaf ? one.active : busy.has(one)));
    const weights = active.map(({ path }) => this.weightOf(path));
    const sum = weights.reduce((a, b) => a + b, 0);
    for (const [i, competitor] of active.entries()) {
      const part = (chance * weights[i]!) / sum;
      if (competitor instanceof Leaf) found.push({ client: competitor.client, chance: part });
      else this.#spread(competitor, part, busy, found);
    }
  }
}
