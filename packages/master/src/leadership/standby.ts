/** Answers requests while this master does not lead. */
import { connect } from 'node:net';
import { empty, failure, type Handler, type Request, type Response } from '@meseta/process';
import type { MasterInfo } from '@meseta/protocol';
import { type Clock, endsWithin } from '@meseta/system';
import { type Leader, leaderOrigin } from '../endpoints/redirect.ts';
import { asksForPage, waitingPage } from './waiting-page.ts';

/** The leader, as far as this master knows. */
export interface Lead extends Leader {
  /** Whether this master was elected and still reads the registry. */
  readonly isOpening: boolean;
  /** Settles when that has ended, or the first leader is known; undefined when there is nothing to wait for. */
  readonly opening: Promise<void> | undefined;
  /** Answers requests while this master leads. */
  readonly term: { readonly handle: Handler } | undefined;
}

/** How long requests wait for a master that reads its registry, from the first of them on. It usually takes less. */
const patienceMs = 5000;

/**
 * Makes the handler of requests that only a leading master can answer: it redirects them to the leader. While this master is
 * about to lead, they wait until it does, and are then answered like all others: it asks who sends them first.
 *
 * @see Mesos src/master/http.cpp, Master::Http::redirect
 */
export function redirectToLeader(lead: () => Lead, clock: Clock): Handler {
  let wait: { readonly opening: Promise<void>; readonly ended: Promise<boolean> } | undefined;
  return request => {
    const { opening } = lead();
    if (opening === undefined) return redirect(request, lead());
    // One wait for all: where the registry, or the election, takes long, later requests are answered at once.
    if (wait?.opening !== opening) {
      const settled = opening.catch(() => undefined); // how it ends is told elsewhere
      wait = { opening, ended: endsWithin(clock, patienceMs, settled) };
    }
    return wait.ended.then(() => lead().term?.handle(request) ?? redirect(request, lead()));
  };
}

async function redirect(request: Request, { leader, isOpening }: Lead): Promise<Response> {
  const isPage = asksForPage(request);
  const refuse = isPage ? waitingPage : failure;
  if (isOpening) return refuse('RECOVERING', 'Master has not finished recovery');
  if (leader === undefined) return refuse('NO_LEADER', 'No leader elected');
  // One that was killed is the leader for the others until its session has timed out. A browser would stay at its address.
  if (isPage && !(await listens(leader))) {
    return refuse('NO_LEADER', `The leading master at ${leader.hostname}:${leader.port} does not answer`);
  }
  const { url } = request;
  return empty(307, { Location: `${leaderOrigin(leader)}${url.startsWith('/') ? url : '/'}` });
}

/** How long a leader may take to accept a connection, in milliseconds. */
const PATIENCE_MS = 1000;

/** Whether something listens at the address of a master; also when it is too slow to tell, or another network leads there. */
function listens({ address, hostname, port }: MasterInfo): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, address?.ip ?? hostname ?? 'localhost');
  socket.setTimeout(PATIENCE_MS, () => resolve(true));
  socket.once('connect', () => resolve(true));
  socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED'));
  return promise.finally(() => socket.destroy());
}
