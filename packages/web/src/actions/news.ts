/** What became of actions: each waits for its effect on the cluster, and says when it does not come. */
import type { Effect } from './action.ts';

/** One line of news. */
export interface News {
  readonly id: number;
  /** `late`: the effect is still awaited. */
  readonly state: 'waiting' | 'seen' | 'late' | 'failed';
  readonly text: string;
}

/** Follows what an effect is about. Calls `seen` with its sentence, once. @returns a function that ends this. */
export type Follow = (effect: Effect, seen: (text: string) => void) => () => void;

/** How long an effect may take until the page says that it does not come, in milliseconds. */
const LATE_MS = 15_000;
/** Lines that are kept, and effects that are awaited. */
const KEPT = 4;

interface Line extends News {
  end(): void;
}

/** The news of one page. */
export class ActionNews {
  readonly #follow: Follow;
  readonly #after: (ms: number, then: () => void) => () => void;
  readonly #listeners = new Set<() => void>();
  #lines: readonly Line[] = [];
  #lastId = 0;

  /** @param after calls a function after so many milliseconds; returns what cancels that. */
  constructor(follow: Follow, after: (ms: number, then: () => void) => () => void) {
    this.#follow = follow;
    this.#after = after;
  }

  /** The newest last. The same array until something changes. */
  get lines(): readonly News[] {
    return this.#lines;
  }

  /** Waits for the effect of an action that the master has accepted. @param what `Drain agent web1`. */
  accepted(what: string, effect: Effect): void {
    const id = ++this.#lastId;
    const cancel = this.#after(LATE_MS, () =>
      this.#change(id, {
        state: 'late',
        text: `${what}: the master has accepted it, but the cluster does not show it after ${LATE_MS / 1000} seconds. Still waiting.`,
      }),
    );
    let isOver = false;
    let unfollow = () => {};
    const end = () => {
      isOver = true;
      cancel();
      unfollow();
    };
    this.#add({ id, state: 'waiting', text: `${what}: accepted, waiting for the cluster to show it.`, end });
    unfollow = this.#follow(effect, text => {
      if (isOver) return;
      end();
      this.#change(id, { state: 'seen', text });
    });
    if (isOver) unfollow(); // seen at once
  }

  /** Says that an action was refused after its dialogue had gone, because what it was about is gone. */
  failed(text: string): void {
    this.#add({ id: ++this.#lastId, state: 'failed', text, end: () => {} });
  }

  /** Takes a line away, and no longer waits for its effect. */
  dismiss(id: number): void {
    this.#lines.find(line => line.id === id)?.end();
    this.#set(this.#lines.filter(line => line.id !== id));
  }

  /** Calls `listener` when the lines change. @returns a function that ends this. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #add(line: Line): void {
    const lines = [...this.#lines, line];
    for (const oldest of lines.slice(0, -KEPT)) oldest.end();
    this.#set(lines.slice(-KEPT));
  }

  #change(id: number, change: Partial<News>): void {
    this.#set(this.#lines.map(line => (line.id === id ? { ...line, ...change } : line)));
  }

  #set(lines: readonly Line[]): void {
    this.#lines = lines;
    for (const listener of this.#listeners) listener();
  }
}
