/**
 * The worker: one for all pages of a browser, so that ten tabs are one subscriber of the master and use one of the six connections
 * that a browser makes. Where there are no shared workers it serves one page.
 */
import { ClusterStore } from '../store/cluster.ts';
import { Feed } from './feed.ts';
import type { ToPage, ToWorker } from './messages.ts';
import { PageSession } from './page-session.ts';

/** How often pages are told of changes at most, in milliseconds. */
const FLUSH_MS = 100;

/** One end of the channel to a page. */
interface Port {
  postMessage(message: ToPage): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
}

interface SharedScope {
  onconnect: ((event: MessageEvent) => void) | null;
}

const store = new ClusterStore();
const sessions = new Set<PageSession>();
let isWaiting = false;

function flushSoon(): void {
  if (isWaiting) return;
  isWaiting = true;
  setTimeout(() => {
    isWaiting = false;
    for (const session of sessions) session.flush(feed.status);
  }, FLUSH_MS);
}

const feed = new Feed(new URL('/api/v1', self.location.origin).href, store, flushSoon);

function serve(port: Port): void {
  const session = new PageSession(store, message => port.postMessage(message));
  sessions.add(session);
  port.onmessage = ({ data }) => {
    if (data.type === 'watch') session.watch(data.id, data.interest);
    else if (data.type === 'unwatch') session.unwatch(data.id);
    else if (data.type === 'retry') feed.retry();
    else {
      session.close();
      sessions.delete(session);
    }
    // At once: it is what somebody waits for.
    if (data.type === 'watch') session.flush(feed.status);
  };
  // Somebody has come who may have signed in, or knows that the master is back.
  feed.retry();
  session.flush(feed.status);
}

if ('onconnect' in self) (self as SharedScope).onconnect = ({ ports }) => ports[0] && serve(ports[0]);
else serve(self as unknown as Port);

feed.run().catch((error: unknown) => {
  throw error; // shown in the browser's console: `run` does not reject
});
