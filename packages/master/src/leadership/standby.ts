/** What a master answers that does not lead. */
import { empty, type Handler, type Response, text } from '@meseta/process';
import { type Leader, leaderOrigin } from '../endpoints/redirect.ts';

/** Who leads, as a master that stands by knows it. */
export interface Lead extends Leader {
  /** Whether this master was elected and reads the registry. */
  readonly isOpening: boolean;
}

/**
 * Answers what only a leading master can: leads to it.
 *
 * @see Mesos src/master/http.cpp, Master::Http::redirect
 */
export function leadElsewhere(lead: () => Lead): Handler {
  return ({ url }): Response => {
    const { leader, isOpening } = lead();
    if (isOpening) return text(503, 'Master has not finished recovery');
    if (leader === undefined) return text(503, 'No leader elected');
    return empty(307, { Location: `${leaderOrigin(leader)}${url.startsWith('/') ? url : '/'}` });
  };
}
