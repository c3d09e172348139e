/** Answers requests while this master does not lead. */
import { empty, failure, type Handler, type Response } from '@meseta/process';
import { type Leader, leaderOrigin } from '../endpoints/redirect.ts';

/** The leader, as far as this master knows. */
export interface Lead extends Leader {
  /** Whether this master was elected and still reads the registry. */
  readonly isOpening: boolean;
}

/**
 * Makes the handler of requests that only a leading master can answer: it redirects them to the leader.
 *
 * @see Mesos src/master/http.cpp, Master::Http::redirect
 */
export function redirectToLeader(lead: () => Lead): Handler {
  return ({ url }): Response => {
    const { leader, isOpening } = lead();
    if (isOpening) return failure('RECOVERING', 'Master has not finished recovery');
    if (leader === undefined) return failure('NO_LEADER', 'No leader elected');
    return empty(307, { Location: `${leaderOrigin(leader)}${url.startsWith('/') ? url : '/'}` });
  };
}
