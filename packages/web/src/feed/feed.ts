/** Keeps one store up to date with the master's events, over connections that end. */
import type { ClusterStore } from '../store/cluster.ts';
import { attemptsAfter, pauseMs } from './backoff.ts';
import type { FeedStatus } from './messages.ts';
import { subscribe } from './subscription.ts';

/** Follows the master at `url` until the worker ends. */
export class Feed {
  readonly #url: string;
  readonly #store: ClusterStore;
  readonly #onChange: () => void;
  #status: FeedStatus = { phase: 'loading', received: 0, attempt: 1 };
  #hurry: (() => void) | undefined;

  /** @param onChange is called when the status or the store has changed. */
  constructor(url: string, store: ClusterStore, onChange: () => void) {
    this.#url = url;
    this.#store = store;
    this.#onChange = onChange;
  }

  get status(): FeedStatus {
    return this.#status;
  }

  /** Begins to follow. Resolves when another master leads. */
  async run(): Promise<void> {
    for (let attempts = 0; ; ) {
      const ending = await this.#subscribe();
      if (ending.type === 'moved') return this.#set({ phase: 'moved', problem: { reason: 'Another master leads.' } });
      attempts = attemptsAfter(attempts, ending.lasted);
      const pause = pauseMs(attempts, Math.random());
      this.#set({ phase: 'waiting', problem: ending.problem, attempt: attempts + 1, retryAt: now() + pause });
      await this.#pause(pause);
    }
  }

  /** Ends the pause before the next attempt. */
  retry(): void {
    this.#hurry?.();
  }

  #subscribe(): ReturnType<typeof subscribe> {
    const store = this.#store;
    this.#set({ phase: 'loading', received: 0 });
    return subscribe(
      this.#url,
      {
        opened: () => store.beginSnapshot(),
        received: bytes => {
          if (this.#status.phase === 'loading') this.#set({ received: this.#status.received + bytes });
          else this.#status = { ...this.#status, dataFrom: now() };
        },
        part: (kind, bytes) => {
          store.apply(kind, bytes);
          if (kind === 'snapshot end') this.#live();
          else this.#onChange();
        },
      },
      new AbortController().signal,
    );
  }

  #live(): void {
    this.#status = { phase: 'live', dataFrom: now(), received: this.#status.received, attempt: 1 };
    this.#onChange();
  }

  #set(change: Partial<FeedStatus>): void {
    this.#status = { ...this.#status, ...change };
    this.#onChange();
  }

  #pause(ms: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, ms);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Milliseconds since the epoch, by the browser's clock. */
const now = () => performance.timeOrigin + performance.now();
