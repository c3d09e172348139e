import { json } from '@meseta/process';
import { type DaemonRoute, type DaemonRouter, openTo } from './router.ts';

/**
 * Returns the route `/__processes__`, the only one of the actor of that name. No actor has events waiting, because
 * calls are not queued here.
 */
export function processesRoutes(router: DaemonRouter): DaemonRoute[] {
  return [
    {
      path: '/',
      realm: undefined,
      help: {
        summary: 'Lists the actors, of which each has endpoints.',
        parameters: { jsonp: 'Name of a function to wrap the answer into.' },
        statuses: { 200: 'An array of `{"id", "events"}`.' },
      },
      does: openTo('Names of actors, which are the same in every daemon.', request => {
        const ids = new Set([...router.routes()].map(({ actor }) => actor));
        return json(
          [...ids].map(id => ({ events: [], id })),
          request,
        );
      }),
    },
  ];
}
