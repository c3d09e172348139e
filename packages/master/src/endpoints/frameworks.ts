/** `/teardown`, and `/kill-task`, which Mesos does not have. */
import { changes, type DaemonRoute, type PreparedChange, prepareChange } from '@meseta/daemon';
import { empty, HttpError, type Request } from '@meseta/process';
import { isTerminal, type Task, type WireId } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import { frameworkToTearDown, tearDownFramework } from '../operator/index.ts';
import { killTask } from '../tasks/index.ts';
import { Form, readwriteRealm } from './route.ts';

/** Returns the classic routes that remove frameworks. */
export function frameworkRoutes(context: MasterContext): DaemonRoute[] {
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
        statuses: {
          202: 'The kill was sent to the agent, or will be when it is back.',
          400: 'There is no such task, or it has ended.',
        },
      },
      // Who may end all tasks of a framework may end one.
      does: changes('TEARDOWN_FRAMEWORK', request => kill(context, request)),
    },
  ];
}

async function kill(context: MasterContext, request: Request): Promise<PreparedChange<'TEARDOWN_FRAMEWORK'>> {
  const form = await Form.of(request);
  const frameworkId = form.need('frameworkId');
  const taskId = form.need('taskId');
  const agentId = form.get('agentId');
  const known = context.cluster.findFramework(frameworkId);
  if (!known) throw new HttpError('TASK_NOT_FOUND', missingTask(context, frameworkId, taskId));
  // The task is looked up when it is certain that the sender may know of the framework's tasks.
  return prepareChange('TEARDOWN_FRAMEWORK', [{ framework_info: known.info }], () => {
    const framework = context.cluster.frameworks.get(frameworkId);
    const task = framework?.tasks.get(taskId);
    if (!framework || !task) throw new HttpError('TASK_NOT_FOUND', missingTask(context, frameworkId, taskId));
    if (isTerminal(task.state)) throw new HttpError('TASK_ENDED', hasEnded(task));
    if (agentId !== undefined && agentId !== task.agent_id.value) {
      throw new HttpError('TASK_NOT_FOUND', 'The task is not on the agent with specified ID');
    }
    killTask(context, framework, { taskId, agentId });
    return empty(202);
  });
}

const hasEnded = ({ task_id, state }: Task) => `Task '${task_id.value}' has ended already: ${state}`;

/** Returns why a task cannot be killed that the framework does not have, or has no more. */
function missingTask({ cluster }: MasterContext, frameworkId: WireId<'framework'>, taskId: WireId<'task'>): string {
  const framework = cluster.findFramework(frameworkId);
  if (!framework) return `There is no framework '${frameworkId}'`;
  const ended = framework.completedTasks.get(taskId);
  if (ended) return hasEnded(ended);
  if (framework.unreachableTasks.get(taskId)) {
    return `Task '${taskId}' is on an agent that is unreachable; it can be killed when the agent is back`;
  }
  return `Framework '${frameworkId}' has no task '${taskId}'`;
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
