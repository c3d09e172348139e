import type { WatchEvent } from './connection.ts';

/** Called once, when the watched node may have changed: also after the session has changed its server. Read it again. */
export type Watch = () => void;

/** Of a node itself, or of the list of its children. */
type Kind = 'data' | 'children';

/** The watches of a session. A function that is added twice to a node is called once. */
export class Watches {
  readonly #byKind: Readonly<Record<Kind, Map<string, Set<Watch>>>> = { data: new Map(), children: new Map() };

  add(kind: Kind, path: string, watch: Watch | undefined): void {
    if (watch === undefined) return;
    const watches = this.#byKind[kind].get(path);
    if (watches) watches.add(watch);
    else this.#byKind[kind].set(path, new Set([watch]));
  }

  onEvent({ type, path }: WatchEvent): void {
    if (type === 'children' || type === 'removed') this.#fire('children', path);
    if (type !== 'children' && type !== 'other') this.#fire('data', path);
  }

  /** A new server knows none of the watches, and changes between the two connections were not reported. */
  fireAll(): void {
    for (const kind of ['data', 'children'] as const) {
      for (const path of [...this.#byKind[kind].keys()]) this.#fire(kind, path);
    }
  }

  clear(): void {
    this.#byKind.data.clear();
    this.#byKind.children.clear();
  }

  #fire(kind: Kind, path: string): void {
    const watches = this.#byKind[kind].get(path);
    this.#byKind[kind].delete(path);
    for (const watch of watches ?? []) watch();
  }
}
