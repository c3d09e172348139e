/** `/teardown`, and `/shutdown`, as it was called once. */
import { changes, type DaemonRoute, prepareChange } from '@meseta/daemon';
import { empty } from '@meseta/process';
import type { MasterContext } from '../context.ts';
import { frameworkToTearDown, tearDownFramework } from '../operator/index.ts';
import { Form, readwriteRealm } from './route.ts';

/** Returns the classic routes that remove frameworks. */
export function frameworkRoutes(context: MasterContext): DaemonRoute[] {
  return [
    tearDown(context, '/teardown', 'Removes a framework: its tasks are killed, and it cannot come back.'),
    tearDown(context, '/shutdown', 'The older name of /teardown.'),
  ];
}

function tearDown(context: MasterContext, path: string, summary: string): DaemonRoute {
  return {
    path,
    methods: ['POST'],
    realm: readwriteRealm,
    help: {
      summary,
      parameters: { frameworkId: 'Id of the framework, in a form.' },
      statuses: { 200: 'Done.', 400: 'The id is missing, or there is no such framework.' },
    },
    does: changes('TEARDOWN_FRAMEWORK', async request => {
      const id = (await Form.of(request)).need('frameworkId');
      const { info } = frameworkToTearDown(context, id);
      return prepareChange('TEARDOWN_FRAMEWORK', [{ framework_info: info }], async () => {
        await tearDownFramework(context, id);
        return empty(200);
      });
    }),
  };
}
