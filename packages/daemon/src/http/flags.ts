import { json, type Route } from '@meseta/process';

/**
 * `/flags` of a daemon's own actor.
 *
 * @param view `ParsedFlags.view`.
 */
export function flagsRoute(view: () => Record<string, string>, realm: string): Route {
  return {
    path: '/flags',
    methods: ['GET'],
    realm,
    help: {
      summary: 'Shows the flags this daemon runs with.',
      parameters: { jsonp: 'Name of a function to wrap the answer into.' },
      statuses: { 200: 'All flags that have a value, as text. Secrets are not shown.', 403: 'Not authorized.' },
    },
    handler: request => json({ flags: view() }, request),
  };
}
