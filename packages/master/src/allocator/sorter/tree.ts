import type { Quantities } from '@meseta/resources';

/** Something that competes with its siblings. */
export abstract class Standing {
  readonly path: string;
  /** Thousandths by name; for a node with everything below it. */
  readonly allocation = new Map<string, number>();
  /** How often it was given something. */
  count = 0;
  /** Kept by sorters that use shares. */
  share = 0;

  constructor(path: string) {
    this.path = path;
  }

  change(quantities: Quantities, sign: 1 | -1): void {
    for (const [name, amount] of quantities) {
      const sum = (this.allocation.get(name) ?? 0) + sign * amount;
      if (sum === 0) this.allocation.delete(name);
      else this.allocation.set(name, sum);
    }
  }
}

/** A client. Where its node has children too, the leaf competes with them under the name `.`. */
export class Leaf<T> extends Standing {
  readonly client: T;
  readonly node: Node<T>;
  active = false;

  constructor(client: T, node: Node<T>) {
    super(`${node.path}/.`);
    this.client = client;
    this.node = node;
  }
}

/** A path: a client, an ancestor of clients, or both. */
export class Node<T> extends Standing {
  readonly name: string;
  readonly parent: Node<T> | undefined;
  readonly children = new Map<string, Node<T>>();
  leaf: Leaf<T> | undefined;
  /** What is in it by rank, for sorters that keep one; undefined when it has to be made anew. */
  ranking: Competitor<T>[] | undefined;

  constructor(name: string, parent: Node<T> | undefined) {
    super(parent?.parent ? `${parent.path}/${name}` : name);
    this.name = name;
    this.parent = parent;
  }

  /** True when the client of this path represents the node among its siblings. */
  get isLeaf(): boolean {
    return this.children.size === 0;
  }

  /** Those who share what the node gets. */
  competitors(): Competitor<T>[] {
    const children = [...this.children.values()];
    return this.leaf ? [this.leaf, ...children] : children;
  }
}

/** A client or an inner node of the tree, which competes with its siblings. */
export type Competitor<T> = Leaf<T> | Node<T>;

/** The tree of all clients of a sorter, and who of them holds what. */
export class ClientTree<T> {
  readonly root = new Node<T>('', undefined);
  readonly #leaves = new Map<string, Leaf<T>>();
  readonly #hierarchical: boolean;

  constructor(hierarchical: boolean) {
    this.#hierarchical = hierarchical;
  }

  get size(): number {
    return this.#leaves.size;
  }

  has(path: string): boolean {
    return this.#leaves.has(path);
  }

  leaf(path: string): Leaf<T> {
    const leaf = this.#leaves.get(path);
    if (!leaf) throw new RangeError(`Sorter has no client '${path}'`);
    return leaf;
  }

  leaves(): Iterable<Leaf<T>> {
    return this.#leaves.values();
  }

  add(path: string, client: T): Leaf<T> {
    if (this.has(path)) throw new RangeError(`Sorter already has a client '${path}'`);
    let node = this.root;
    for (const name of this.#hierarchical ? path.split('/') : [path]) {
      node.ranking = undefined;
      const child: Node<T> = node.children.get(name) ?? new Node(name, node);
      node.children.set(name, child);
      node = child;
    }
    node.ranking = undefined;
    node.leaf = new Leaf(client, node);
    this.#leaves.set(path, node.leaf);
    return node.leaf;
  }

  /** Removes a client, and the nodes above it that are not needed any more. */
  remove(path: string): void {
    const { node, allocation } = this.leaf(path);
    if (allocation.size > 0) throw new RangeError(`Client '${path}' still holds resources`);
    this.#leaves.delete(path);
    node.leaf = undefined;
    for (let unused = node; unused.parent; unused = unused.parent) {
      unused.ranking = undefined;
      unused.parent.ranking = undefined;
      if (unused.children.size > 0 || unused.leaf) break;
      unused.parent.children.delete(unused.name);
    }
  }
}
