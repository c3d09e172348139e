import type { Quantities } from '@meseta/resources';
import type { SorterOptions } from './sorter.ts';
import { type Competitor, Leaf, type Node } from './tree.ts';
import { TreeSorter } from './tree-sorter.ts';

/**
 * Sorts by dominant resource fairness: the client with the smallest dominant share, divided by its weight, comes first;
 * among equals the one that was given something less often, then by path. The children of each node are ranked, and the
 * order is a walk through the tree by rank.
 *
 * The ranking stays valid during grants: a grant moves one client and its ancestors. Freed resources, and changes of
 * the total, only mark what has to be ranked again at the next request.
 *
 * @see Mesos src/master/allocator/mesos/sorter/drf/sorter.cpp
 */
export class DrfSorter<T> extends TreeSorter<T> {
  readonly #excluded: ReadonlySet<string>;
  /** What counts for shares. */
  #total: [name: string, amount: number][] = [];
  #sharesAreStale = false;
  #order: readonly T[] | undefined;

  constructor({ excluded, hierarchical }: SorterOptions) {
    super(hierarchical);
    this.#excluded = excluded;
  }

  setTotal(total: Quantities): void {
    this.#total = [...total].filter(([name, amount]) => amount > 0 && !this.#excluded.has(name));
    this.weightsChanged(); // shares change with either
  }

  allocate(path: string, quantities: Quantities): void {
    this.#change(path, standing => {
      standing.change(quantities, 1);
      standing.count++;
    });
  }

  free(path: string, quantities: Quantities): void {
    this.#change(path, standing => standing.change(quantities, -1));
  }

  sort(): readonly T[] {
    if (this.#order) return this.#order;
    const order: T[] = [];
    this.#walk(this.tree.root, order);
    this.#sharesAreStale = false;
    this.#order = order;
    return order;
  }

  share(path: string): number {
    const leaf = this.tree.leaf(path);
    return this.#shareOf(leaf.node.isLeaf ? leaf.node : leaf);
  }

  protected override clientsChanged(): void {
    this.#order = undefined;
  }

  protected override weightsChanged(): void {
    this.#sharesAreStale = true;
    this.#order = undefined;
  }

  #walk(node: Node<T>, order: T[]): void {
    if (this.#sharesAreStale) node.ranking = undefined;
    node.ranking ??= node
      .competitors()
      .map(competitor => this.#rank(competitor))
      .sort(compare);
    for (const competitor of node.ranking) {
      const leaf = competitor instanceof Leaf ? competitor : competitor.isLeaf ? competitor.leaf : undefined;
      if (!leaf) this.#walk(competitor as Node<T>, order);
      else if (leaf.active) order.push(leaf.client);
    }
  }

  /** Changes what a client and its ancestors hold, and moves them where they belong then. */
  #change(path: string, change: (standing: Competitor<T>) => void): void {
    const leaf = this.tree.leaf(path);
    change(leaf);
    if (leaf.node.ranking) this.#move(leaf, leaf.node);
    for (let node: Node<T> | undefined = leaf.node; node; node = node.parent) {
      change(node);
      if (node.parent) this.#move(node, node.parent);
    }
  }

  #move(competitor: Competitor<T>, { ranking }: Node<T>): void {
    if (!ranking || this.#sharesAreStale) return;
    this.#rank(competitor);
    const from = ranking.indexOf(competitor);
    const fits =
      (from === 0 || compare(ranking[from - 1]!, competitor) < 0) &&
      (from === ranking.length - 1 || compare(competitor, ranking[from + 1]!) < 0);
    if (fits) return;
    ranking.splice(from, 1);
    ranking.splice(placeFor(competitor, ranking), 0, competitor);
    this.#order = undefined;
  }

  #rank<C extends Competitor<T>>(competitor: C): C {
    competitor.share = this.#shareOf(competitor);
    return competitor;
  }

  #shareOf({ allocation, path }: Competitor<T>): number {
    let share = 0;
    for (const [name, total] of this.#total) share = Math.max(share, (allocation.get(name) ?? 0) / total);
    return share / this.weightOf(path);
  }
}

function compare<T>(a: Competitor<T>, b: Competitor<T>): number {
  return a.share - b.share || a.count - b.count || (a.path < b.path ? -1 : 1);
}

/** Returns the index where a competitor belongs in a ranking that lacks it. */
function placeFor<T>(competitor: Competitor<T>, ranking: readonly Competitor<T>[]): number {
  let low = 0;
  let high = ranking.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(ranking[middle]!, competitor) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
