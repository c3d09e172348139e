/**
 * The worker: one for all pages of a browser, so that ten tabs are one subscriber of the master and use one of the six connections
 * that a browser makes. Where there are no shared workers it serves one page.
 */
import { ClusterStore } from '../store/cluster.ts';
import { Feed } from './feed.ts';
import type { ToPage, ToWorker } from './messages.ts';
import { PageSession } from './page-session.ts';

/** The shortest time between two messages to pages about changes, in milliseconds. What a user asks for is sent at once. */
const FLUSH_MS = 200;
/** The part of the worker's time that messages to pages take at most; the rest is for the events. */
const FLUSH_SHARE = 1 / 4;

/** One end of the channel to a page. */
interface Port {
  postMessage(message: ToPage): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
}

interface SharedScope {
  onconnect: ((event: MessageEvent) => void) | null;
}

/** How long the first page may take until it asks for something, in milliseconds. Meanwhile it needs the processor more. */
const FIRST_PAGE_MS = 500;

const store = new ClusterStore();
const pages = new Set<ServedPage>();
let timer: ReturnType<typeof setTimeout> | undefined;
let pauseMs = FLUSH_MS;

function flush(): void {
  timer = undefined;
  const start = performance.now();
  const waiting = [...pages].filter(page => page.isReady && page.flush());
  pauseMs = Math.max(FLUSH_MS, (performance.now() - start) / FLUSH_SHARE);
  if (waiting.length > 0) flushSoon();
}

/** @param isUrgent in the next turn: the pages have nothing to show so far. */
function flushSoon(isUrgent = false): void {
  if (timer !== undefined && !isUrgent) return;
  clearTimeout(timer);
  timer = setTimeout(flush, isUrgent ? 0 : pauseMs);
}

const wanted = Promise.withResolvers<void>();
const feed = new Feed(
  new URL('/api/v1?agent_updates=true&snapshot_parts=true', self.location.origin).href,
  store,
  flushSoon,
  wanted.promise,
);
setTimeout(wanted.resolve, FIRST_PAGE_MS);

/** A page that is served. One that is slow, or that the browser has frozen, gets nothing more until it has taken what there is. */
class ServedPage {
  readonly #session: PageSession;
  readonly #port: Port;
  /** How many times something was sent that the page has not taken so far. */
  #untaken = 0;

  constructor(port: Port) {
    this.#port = port;
    this.#session = new PageSession(store);
    port.onmessage = ({ data }) => this.#take(data);
  }

  get isReady(): boolean {
    return this.#untaken === 0;
  }

  /** Sends what has changed. @returns whether there is more to send later. */
  flush(): boolean {
    const { news, isWaiting } = this.#session.flush(feed.status);
    if (news.length > 0) {
      this.#untaken++;
      this.#port.postMessage(news);
    }
    return isWaiting;
  }

  #take(data: ToWorker): void {
    if (data.type === 'watch') this.#session.watch(data.id, data.interest);
    else if (data.type === 'unwatch') this.#session.unwatch(data.id);
    else if (data.type === 'retry') feed.retry();
    else if (data.type === 'user') feed.takeUser(data.news);
    else if (data.type === 'taken') {
      this.#untaken--;
      flushSoon();
    } else {
      this.#session.close();
      pages.delete(this);
    }
    // At once, because the user waits for it.
    if (data.type === 'watch') {
      wanted.resolve();
      if (this.flush()) flushSoon();
    }
  }
}

function serve(port: Port): void {
  pages.add(new ServedPage(port));
  // The user of a new page may have signed in, or knows that the master is back.
  feed.retry();
  // Not at once: the status is still that of before the retry, and 'moved' would make the new page reload as well.
  flushSoon();
}

if ('onconnect' in self) (self as SharedScope).onconnect = ({ ports }) => ports[0] && serve(ports[0]);
else serve(self as unknown as Port);

void feed.run();
