/** What a master answers that does not lead. */
import { type DaemonRoute, openTo } from '@meseta/daemon';
import { empty, type Handler, type Response, text } from '@meseta/process';
import type { MasterInfo } from '@meseta/protocol';

/** Who leads, as a master that stands by knows it. */
export interface Lead {
  readonly leader: MasterInfo | undefined;
  /** This master; undefined before it contends. */
  readonly own: MasterInfo | undefined;
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
    return empty(307, { Location: `${origin(leader)}${url.startsWith('/') ? url : '/'}` });
  };
}

/** `/redirect`, of masters that lead and of those that stand by: without a leader it leads to this master. */
export function redirectRoute(lead: () => Pick<Lead, 'leader' | 'own'>): DaemonRoute {
  return {
    path: '/redirect',
    realm: undefined,
    help: {
      summary: 'Leads to the leading master.',
      statuses: {
        307: 'The Location says where it is.',
        404: 'Something follows the path.',
        503: 'This master has only just been started.',
      },
    },
    does: openTo('Clients find the leading master by it, before they know how to say who they are.', ({ rest }) => {
      const { leader, own } = lead();
      if (rest !== '') return text(404);
      const to = leader ?? own;
      return to ? empty(307, { Location: origin(to) }) : text(503, 'No leader elected');
    }),
  };
}

/** Without a scheme: that of the request holds. */
const origin = ({ hostname, port }: MasterInfo) => `//${hostname}:${port}`;
