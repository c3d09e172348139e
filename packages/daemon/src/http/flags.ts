import { json } from '@meseta/process';
import type { Realm } from '../access/access-control.ts';
import { whole } from '../access/actions.ts';
import { asksFor, type DaemonRoute } from './router.ts';

/**
 * Returns the route `/flags` of a daemon's own actor.
 *
 * @param view `ParsedFlags.view`.
 */
export function flagsRoute(view: () => Record<string, string>, realm: Realm): DaemonRoute {
  return {
    path: '/flags',
    methods: ['GET'],
    realm,
    help: {
      summary: 'Shows the flags this daemon runs with.',
      parameters: { jsonp: 'Name of a function to wrap the answer into.' },
      statuses: { 200: 'All flags that have a value, as text. Secrets are not shown.', 403: 'Not authorized.' },
    },
    does: asksFor('VIEW_FLAGS', whole, request => json({ flags: view() }, request)),
  };
}
