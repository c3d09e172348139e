import { json, type Route, type Router } from '@meseta/process';

/** `/__processes__`, the one route of the actor of that name. Calls are not queued here: no actor has events waiting. */
export function processesRoutes(router: Router): Route[] {
  return [
    {
      path: '/',
      help: {
        summary: 'Lists the actors, of which each has endpoints.',
        parameters: { jsonp: 'Name of a function to wrap the answer into.' },
        statuses: { 200: 'An array of `{"id", "events"}`.' },
      },
      handler(request) {
        const ids = new Set([...router.routes()].map(({ actor }) => actor));
        return json(
          [...ids].map(id => ({ events: [], id })),
          request,
        );
      },
    },
  ];
}
