import { empty, type Route } from '@meseta/process';

/** `/health` of a daemon's own actor: 200 as long as it answers at all. */
export const healthRoute: Route = {
  path: '/health',
  help: { summary: 'Tells whether the process is alive.', statuses: { 200: 'It is.' } },
  handler: () => empty(200),
};
