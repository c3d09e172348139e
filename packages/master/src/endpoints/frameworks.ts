/** `/teardown`, and `/kill-task`, which Mesos does not have. */
import { empty, HttpError, type Request, type Response, type Route } from '@meseta/process';
import type { MasterContext } from '../context.ts';
import { tearDownFramework } from '../operator/index.ts';
import { killTask } from '../tasks/index.ts';
import { Form, readwriteRealm } from './route.ts';

export function frameworkRoutes(context: MasterContext): Route[] {
  return [
    tearDown(context, '/teardown', 'Removes a framework: its tasks are killed, and it cannot come back.'),
    tearDown(context, '/shutdown', 'The older name of /teardown.'),
    {
      path: '/kill-task',
      methods: ['POST'],
      realm: readwriteRealm,
      help: {
        summary: 'Kills a task, as if its framework had asked for it. An extension of Meseta.',
        parameters: {
          frameworkId: 'Id of the framework, in a form.',
          taskId: 'Id of the task.',
          agentId: 'Id of the agent it is on; may be left out.',
        },
        statuses: { 202: 'The agent was told, or will be when it is back.', 400: 'There is no such task.' },
      },
      handler: request => kill(context, request),
    },
  ];
}

async function kill(context: MasterContext, request: Request): Promise<Response> {
  const form = await Form.of(request);
  const framework = context.cluster.frameworks.get(form.need('frameworkId'));
  const taskId = form.need('taskId');
  const agentId = form.get('agentId');
  if (!framework) throw new HttpError(400, 'No framework found with specified ID');
  const task = framework.tasks.get(taskId);
  if (!task) throw new HttpError(400, 'No task found with specified ID');
  if (agentId !== undefined && agentId !== task.agent_id.value) {
    throw new HttpError(400, 'The task is not on the agent with specified ID');
  }
  killTask(context, framework, { taskId, agentId });
  return empty(202);
}

function tearDown(context: MasterContext, path: string, summary: string): Route {
  return {
    path,
    methods: ['POST'],
    realm: readwriteRealm,
    help: {
      summary,
      parameters: { frameworkId: 'Id of the framework, in a form.' },
      statuses: { 200: 'Done.', 400: 'The id is missing, or there is no such framework.' },
    },
    async handler(request) {
      const form = await Form.of(request);
      tearDownFramework(context, form.need('frameworkId'));
      return empty(200);
    },
  };
}
