/** A page's end of the channel to the worker. */

import workerUrl from './feed-worker.ts?worker&url';
import type { FeedStatus, Interest, News, ToPage, ToWorker } from './messages.ts';
import type { UserNews } from './owner.ts';

/** One interest of the page. */
export interface WatchHandle {
  /** Asks for something, or for something else. */
  ask(interest: Interest): void;
  close(): void;
}

interface Channel {
  postMessage(message: ToWorker): void;
  onmessage: ((event: MessageEvent<ToPage>) => void) | null;
}

/** The channel of one page, and the last status that the worker has sent. */
export class FeedClient {
  readonly #channel: Channel;
  readonly #listeners = new Map<number, (news: News) => void>();
  readonly #statusListeners = new Set<() => void>();
  #status: FeedStatus = { phase: 'loading', received: 0, attempt: 1 };
  #lastId = 0;

  constructor() {
    this.#channel = openChannel();
    this.#channel.onmessage = ({ data }) => {
      for (const news of data) this.#take(news);
      this.#channel.postMessage({ type: 'taken' });
    };
    addEventListener('pagehide', () => this.#channel.postMessage({ type: 'leave' }));
    // Brought back from the browser's cache of pages, after it has left.
    addEventListener('pageshow', ({ persisted }) => persisted && location.reload());
  }

  get status(): FeedStatus {
    return this.#status;
  }

  /** Calls `listener` when the status changes. @returns a function that ends this. */
  onStatus(listener: () => void): () => void {
    this.#statusListeners.add(listener);
    return () => void this.#statusListeners.delete(listener);
  }

  /** Opens a watch. `listener` gets what the worker sends for it, once it has asked for something. */
  open(listener: (news: News) => void): WatchHandle {
    const id = ++this.#lastId;
    this.#listeners.set(id, listener);
    return {
      ask: interest => this.#channel.postMessage({ type: 'watch', id, interest }),
      close: () => {
        this.#listeners.delete(id);
        this.#channel.postMessage({ type: 'unwatch', id });
      },
    };
  }

  #take(news: News): void {
    if (news.type !== 'status') return this.#listeners.get(news.id)?.(news);
    this.#status = news.status;
    for (const listener of this.#statusListeners) listener();
  }

  /** Tries to reach the master now. */
  retry(): void {
    this.#channel.postMessage({ type: 'retry' });
  }

  /** Tells the worker who is signed in: what another user saw goes, and the events come again. */
  tellUser(news: UserNews): void {
    this.#channel.postMessage({ type: 'user', news });
  }
}

function openChannel(): Channel {
  const url = trustedScript(workerUrl);
  if (typeof SharedWorker === 'undefined') return new Worker(url, { type: 'module' });
  return new SharedWorker(url, { type: 'module', name: 'meseta' }).port;
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

/** The only address of a script that is not in the page: the master's policy demands that there be one place for it. */
function trustedScript(url: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  return trustedTypes?.createPolicy('meseta', { createScriptURL: () => url }).createScriptURL(url) ?? url;
}
