/** Keeps one store up to date with the master's events, over connections that end. */

import { Pause } from '../pause.ts';
import type { ClusterStore } from '../store/cluster.ts';
import { currentTime } from '../time.ts';
import { attemptsAfter, crowdedPauseMs, endedInARow, pauseMs } from './backoff.ts';
import type { FeedStatus } from './messages.ts';
import { takeUser, type UserNews } from './owner.ts';
import { subscribe } from './subscription.ts';

const crowdedWords =
  'As many watch the master as it allows (--max_operator_event_stream_subscribers), and this page does not displace them again.';

/** Follows the master at `url` until the worker ends. */
export class Feed {
  readonly #url: string;
  readonly #store: ClusterStore;
  readonly #onChange: (isFirst?: boolean) => void;
  #status: FeedStatus = { phase: 'loading', received: 0, attempt: 1 };
  readonly #wanted: Promise<void>;
  readonly #pause = new Pause();
  /** Ends the stream that is open. */
  #stop = new AbortController();
  #restarts = false;
  /** Whose the data are; undefined: not known, or of a master that does not authenticate. */
  #owner: string | undefined;

  /**
   * @param onChange is called when the status or the store has changed; `isFirst`: when there is something for the first time.
   * @param wanted is fulfilled when more is wanted than what the master sends first.
   */
  constructor(url: string, store: ClusterStore, onChange: (isFirst?: boolean) => void, wanted: Promise<void>) {
    this.#url = url;
    this.#store = store;
    this.#onChange = onChange;
    this.#wanted = wanted;
  }

  get status(): FeedStatus {
    return this.#status;
  }

  /** Follows the master, and tries again when the stream ends, for as long as the worker runs. Never settles. */
  async run(): Promise<never> {
    for (let attempts = 0, closed = 0; ; ) {
      const ending = await this.#subscribe();
      if (this.#restarts) continue;
      attempts = attemptsAfter(attempts, ending.lasted);
      closed = endedInARow(closed, ending.type === 'closed', ending.lasted);
      const crowded = crowdedPauseMs(closed);
      const pause = crowded ?? pauseMs(attempts, Math.random());
      const phase = ending.type === 'moved' ? 'moved' : 'waiting';
      if (ending.problem.status === 401) {
        this.#set({ phase: 'unauthenticated', problem: ending.problem });
        await this.#pause.wait();
        attempts = 0;
        continue;
      }
      const problem = crowded === undefined ? ending.problem : { message: crowdedWords };
      this.#set({ phase, problem, attempt: attempts + 1, retryAt: currentTime() + pause });
      await this.#pause.wait(pause);
    }
  }

  /** Ends the pause before the next attempt. */
  retry(): void {
    this.#pause.end();
  }

  /** Takes note of who is signed in. What another user saw goes at once, and the events come anew. */
  takeUser(news: UserNews): void {
    const [owner, action] = takeUser(this.#owner, news, this.#status.phase === 'unauthenticated');
    this.#owner = owner;
    if (action === 'keep') return;
    this.#restarts = true;
    this.#stop.abort();
    this.#pause.end();
    if (action === 'restart') return;
    this.#store.clear();
    this.#status = { phase: 'loading', received: 0, attempt: 1 };
    this.#onChange();
  }

  #subscribe(): ReturnType<typeof subscribe> {
    const store = this.#store;
    this.#restarts = false;
    this.#stop = new AbortController();
    this.#set({ phase: 'loading', received: 0 });
    let isFirst = this.#status.dataFrom === undefined;
    return subscribe(this.#url, this.#stop.signal, {
      opened: () => store.beginSnapshot(),
      received: bytes => {
        if (this.#status.phase === 'loading') this.#set({ received: this.#status.received + bytes });
        else this.#status = { ...this.#status, dataFrom: currentTime() };
      },
      wanted: this.#wanted,
      part: (kind, bytes) => {
        store.apply(kind, bytes);
        if (kind === 'snapshot end') this.#live();
        else this.#onChange(isFirst);
        isFirst = false;
      },
    });
  }

  #live(): void {
    this.#status = { phase: 'live', dataFrom: currentTime(), received: this.#status.received, attempt: 1 };
    this.#onChange();
  }

  #set(change: Partial<FeedStatus>): void {
    this.#status = { ...this.#status, ...change };
    this.#onChange();
  }
}
