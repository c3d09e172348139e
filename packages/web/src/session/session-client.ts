/** Signs this browser in and out, and knows whether it is. */
import type { FeedClient } from '../feed/client.ts';
import type { FeedStatus } from '../feed/messages.ts';
import { onUnauthenticated, type RequestProblem, refusalIn } from '../requests/request.ts';
import { isOtherUser, type SessionState, sessionAnswer, stateAfter } from './state.ts';

const url = '/ui/session';
/** Tabs of one browser are signed in and out together. */
const channelName = 'meseta-session';

/** Credentials of the schemes that the page has a form for. */
export type Credentials = { readonly user: string; readonly password: string } | { readonly token: string };

/** The session of this page. Nothing is kept in the browser but the cookie, which no script can read. */
export class SessionClient {
  readonly #feed: FeedClient;
  readonly #channel = new BroadcastChannel(channelName);
  readonly #listeners = new Set<() => void>();
  #state: SessionState = { phase: 'unknown' };
  #asking = Promise.resolve();
  #feedPhase: FeedStatus['phase'] | undefined;

  constructor(feed: FeedClient) {
    this.#feed = feed;
    this.#channel.onmessage = ({ data }) => void this.refresh(data === 'signed out');
    onUnauthenticated(() => void this.refresh());
    // The events of all tabs come by one connection: it is the first to hear that a session is over, and that there is a master again.
    feed.onStatus(() => {
      const { phase } = feed.status;
      if (phase === this.#feedPhase) return;
      this.#feedPhase = phase;
      if (phase === 'unauthenticated' || phase === 'live') void this.refresh();
    });
    void this.refresh();
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Calls `listener` when the state changes. @returns a function that ends this. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Signs in. @returns why not; undefined when it has. */
  async signIn(credentials: Credentials): Promise<RequestProblem | undefined> {
    const headers = { Authorization: authorizationOf(credentials) };
    const response = await fetch(url, { method: 'POST', headers, redirect: 'manual' }).catch(unreachable);
    if (response === undefined) return { message: 'The master cannot be reached.' };
    if (response.type === 'opaqueredirect') {
      // It was the leader when it asked for the user. The one that leads now asks anew.
      location.reload();
      return { message: 'Another master leads: you sign in there.' };
    }
    if (!response.ok) return refusalIn(response);
    await this.refresh();
    this.#channel.postMessage('signed in');
    return undefined;
  }

  /** Signs this browser out: all its tabs. */
  async signOut(): Promise<RequestProblem | undefined> {
    const response = await fetch(url, { method: 'DELETE', redirect: 'manual' }).catch(unreachable);
    if (response === undefined) return { message: 'The master cannot be reached: you are still signed in.' };
    if (response.type === 'opaqueredirect') return { message: 'Another master leads: you are still signed in here.' };
    if (!response.ok) return refusalIn(response);
    this.#channel.postMessage('signed out');
    await this.refresh(true);
    return undefined;
  }

  /** Asks the master who is signed in. @param isOver the user has signed out. */
  refresh(isOver = false): Promise<void> {
    // One after the other: an answer that is under way may be of before.
    this.#asking = this.#asking.then(() => this.#ask(isOver));
    return this.#asking;
  }

  async #ask(isOver: boolean): Promise<void> {
    const response = await fetch(url, { redirect: 'manual' }).catch(unreachable);
    const answer = response?.ok ? sessionAnswer(await response.json().catch(unreachable)) : undefined;
    if (answer === undefined) return; // the banner says that the master cannot be reached
    const before = this.#state;
    this.#state = stateAfter(before, answer, isOver);
    const { principal, authentication } = answer;
    const mayRead = principal !== null || !authentication;
    this.#feed.tellUser({ principal: principal ?? undefined, mayRead, isOver: isOver && !mayRead });
    // The worker forgets by itself. What parts of the page keep goes with the page, whatever it is.
    if (isOtherUser(before, this.#state)) return location.reload();
    for (const listener of this.#listeners) listener();
  }
}

const unreachable = () => undefined; // the caller says so

function authorizationOf(credentials: Credentials): string {
  if ('token' in credentials) return `Bearer ${credentials.token}`;
  const { user, password } = credentials;
  const bytes = new TextEncoder().encode(`${user}:${password}`);
  return `Basic ${btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(''))}`;
}
