/** Keeps one store up to date with the master's events, over connections that end. */

import { Pause } from '../pause.ts';
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
  readonly #pause = new Pause();

  /** @param onChange is called when the status or the store has changed. */
  constructor(url: string, store: ClusterStore, onChange: () => void) {
    this.#url = url;
    this.#store = store;
    this.#onChange = onChange;
  }

  get status(): FeedStatus {
    return this.#status;
  }

  /** Follows the master, and tries again when the stream ends, for as long as the worker runs. Never settles. */
  async run(): Promise<never> {
    for (let attempts = 0; ; ) {
      const ending = await this.#subscribe();
      attempts = attemptsAfter(attempts, ending.lasted);
      const pause = pauseMs(attempts, Math.random());
      const phase = ending.type === 'moved' ? 'moved' : 'waiting';
      this.#set({ phase, problem: ending.problem, attempt: attempts + 1, retryAt: now() + pause });
      await this.#pause.wait(pause);
    }
  }

  /** Ends the pause before the next attempt. */
  retry(): void {
    this.#pause.end();
  }

  #subscribe(): ReturnType<typeof subscribe> {
    const store = this.#store;
    this.#set({ phase: 'loading', received: 0 });
    return subscribe(this.#url, {
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
    });
  }

  #live(): void {
    this.#status = { phase: 'live', dataFrom: now(), received: this.#status.received, attempt: 1 };
    this.#onChange();
  }

  #set(change: Partial<FeedStatus>): void {
    this.#status = { ...this.#status, ...change };
    this.#onChange();
  }
}

/** Milliseconds since the epoch, by the browser's clock. */
const now = () => performance.timeOrigin + performance.now();
