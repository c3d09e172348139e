import { empty } from '@meseta/process';
import { type DaemonRoute, openTo } from './router.ts';

/** `/health` of a daemon's own actor: 200 as long as it answers at all. */
export const healthRoute: DaemonRoute = {
  path: '/health',
  realm: undefined,
  help: { summary: 'Tells whether the process is alive.', statuses: { 200: 'It is.' } },
  does: openTo('Shows only that the daemon answers.', () => empty(200)),
};
