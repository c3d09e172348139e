/** What a master answers that does not lead. */
import { empty, failure, type Handler, type Response } from '@meseta/process';
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
    if (isOpening) return failure('RECOVERING', 'Master has not finished recovery');
    if (leader === undefined) return failure('NO_LEADER', 'No leader elected');
    return empty(307, { Location: `${leaderOrigin(leader)}${url.startsWith('/') ? url : '/'}` });
  };
}
