/** `/ui/can`: what a principal may do. */
import { type DaemonRoute, defersTo } from '@meseta/daemon';
import { json } from '@meseta/process';
import type { MasterContext } from '../context.ts';
import { bodyText, readJson, readonlyRealm, readwriteRealm } from '../endpoints/route.ts';
import type { RunFrameworks } from '../run/run-frameworks.ts';
import { canAll, checksIn } from './can.ts';
import { type FindWaiting, uiActions } from './table.ts';

/** How large a request may be: as large as the most checks about the longest ids are. */
const mostBytes = 1024 * 1024;

/** Makes the route. @param frameworks those whose tasks may wait to be launched. */
export function canRoute(context: MasterContext, frameworks: Pick<RunFrameworks, 'get'>): DaemonRoute {
  const findWaiting: FindWaiting = (frameworkId, taskId) => frameworks.get(frameworkId)?.find(taskId)?.task;
  return {
    path: '/ui/can',
    methods: ['POST'],
    realm: context.flags.authenticate_http_readwrite ? readwriteRealm : readonlyRealm,
    help: {
      summary: 'Tells which actions are allowed to the sender, and why others are not.',
      description:
        'Takes `{"checks": [{"action": "kill_task", "framework_id": "…", "task_id": "…"}]}`, at most 1,000, and answers in the same order ' +
        '`{"answers": [{"allowed": false, "reason": "…"}]}`. Each action is checked again when it is done. ' +
        `Actions: ${Object.entries(uiActions).map(describe).join('; ')}.`,
      statuses: {
        200: 'The answers.',
        400: 'A check is unknown, or incomplete.',
        413: 'The body is larger than 1 MiB.',
      },
    },
    does: defersTo('each action of the table names what it asks, and only the answers are told.', async request => {
      const body = await bodyText(request, mostBytes);
      const checks = checksIn(readJson(body, 'Failed to parse the checks: ', value => value));
      return json({ answers: await canAll(context, request.principal, checks, findWaiting) });
    }),
  };
}

function describe([name, { needs, may = [] }]: [string, (typeof uiActions)[string]]): string {
  const fields = [...needs, ...may.map(field => `${field}?`)];
  return `\`${name}\`${fields.length === 0 ? '' : ` (${fields.join(', ')})`}`;
}
