import { json, type Route } from '@meseta/process';
import { versionInfo } from '../version.ts';

/** `/version`, the one route of the actor `version`. */
export const versionRoutes: readonly Route[] = [
  {
    path: '/',
    help: {
      summary: 'Tells which version this is.',
      parameters: { jsonp: 'Name of a function to wrap the answer into.' },
      statuses: { 200: 'The Mesos version it stands in for, and what is known of the build.' },
    },
    handler: request => json(versionInfo(), request),
  },
];
