/** `/redirect`: where the leading master is. */
import { type DaemonRoute, openTo } from '@meseta/daemon';
import { empty, failure } from '@meseta/process';
import type { MasterInfo } from '@meseta/protocol';

/** Who leads, as a master knows it. */
export interface Leader {
  readonly leader: MasterInfo | undefined;
  /** This master; undefined before it contends. */
  readonly own: MasterInfo | undefined;
}

/** `/redirect`, of masters that lead and of those that stand by: without a leader it leads to this master. */
export function redirectRoute(lead: () => Leader): DaemonRoute {
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
      if (rest !== '') return failure('ROUTE_NOT_FOUND');
      const to = leader ?? own;
      return to ? empty(307, { Location: leaderOrigin(to) }) : failure('NO_LEADER', 'No leader elected');
    }),
  };
}

/** Where a master is, without a scheme: that of the request holds. */
export const leaderOrigin = ({ hostname, port }: MasterInfo): string => `//${hostname}:${port}`;
