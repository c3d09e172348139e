import { json } from '@meseta/process';
import { versionInfo } from '@meseta/system';
import { type DaemonRoute, openTo } from './router.ts';

/** `/version`, the one route of the actor `version`. */
export const versionRoutes: readonly DaemonRoute[] = [
  {
    path: '/',
    realm: undefined,
    help: {
      summary: 'Tells which version this is.',
      parameters: { jsonp: 'Name of a function to wrap the answer into.' },
      statuses: { 200: 'The Mesos version it stands in for, and what is known of the build.' },
    },
    does: openTo('Clients ask for it before they know how to say who they are.', request =>
      json(versionInfo(), request),
    ),
  },
];
