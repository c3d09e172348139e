import { failure } from '@meseta/process';
import type { Realm } from '../access/access-control.ts';
import { type DaemonRoute, openTo } from './router.ts';

const refusal =
  'The profiler is not enabled. Start the daemon with NODE_OPTIONS=--cpu-prof to have a profile written.\n';

/**
 * Returns the routes of the actor `profiler`. They answer like a Mesos that was started without its profiler.
 *
 * @see Mesos 3rdparty/libprocess/src/profiler.cpp
 */
export function profilerRoutes(realm: Realm): DaemonRoute[] {
  return ['start', 'stop'].map(verb => ({
    path: `/${verb}`,
    realm,
    help: {
      summary: `Would ${verb} profiling.`,
      description: "Node.js's own profiler takes the place of the one that Mesos can be built with.",
      statuses: { 400: 'Always.' },
    },
    does: openTo('It does nothing.', () => failure('PROFILER_DISABLED', refusal)),
  }));
}
