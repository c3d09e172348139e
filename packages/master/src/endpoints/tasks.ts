/** `/tasks/kill`, `/tasks/run`, `/tasks/waiting`: what operators do with single tasks. Mesos does not have them. */
import {
  changes,
  type DaemonRoute,
  type Filters,
  jsonPieces,
  listed,
  type PreparedChange,
  prepareChange,
  type Question,
  shows,
} from '@meseta/daemon';
import { HttpError, pieces, type Request, type Response } from '@meseta/process';
import { DecodeError, type FrameworkInfo, type KillPolicy, parseJson, textOf } from '@meseta/protocol';
import { userName } from '@meseta/system';
import type { MasterContext } from '../context.ts';
import { allowedRolesProblem } from '../frameworks/admission.ts';
import { frameworkIdOf, frameworkInfoOf } from '../run/identity.ts';
import { FrameworkRefusedError, type RunFramework, TooManyWaitingError } from '../run/run-framework.ts';
import type { RunFrameworks } from '../run/run-frameworks.ts';
import { duration, readRunRequest } from '../run/run-request.ts';
import type { TaskNotLaunched, WaitingTask } from '../run/waiting-tasks.ts';
import { findTask, killByOperator } from '../tasks/index.ts';
import { FieldError, Fields, text } from '../validation/fields.ts';
import { boundedBody, readonlyRealm, readwriteRealm } from './route.ts';

/** Returns the routes of single tasks. */
export function taskRoutes(context: MasterContext, frameworks: RunFrameworks): DaemonRoute[] {
  return [
    {
      path: '/tasks/kill',
      methods: ['POST'],
      realm: readwriteRealm,
      help: {
        summary: 'Kills a task, as if its framework had asked for it. An extension of Meseta.',
        description:
          'Takes JSON, `{"framework_id": "…", "task_id": "…", "kill_policy": {"grace_period": "5secs"}}`, the policy if that of the' +
          ' task is not to be used. The framework learns of it by the status of the task, and may start the task again. A task of' +
          ' `/tasks/run` that waits for resources is given up.',
        statuses: {
          202: 'The kill was sent to the agent, or will be when it is back: a `message`.',
          400: 'A field is missing or invalid; the answer begins with its name in quotes.',
          404: 'There is no such framework, or it has no such task.',
          409: 'The task has ended, or its agent is unreachable: nothing was done.',
        },
      },
      does: changes('KILL_TASK', request => kill(context, frameworks, request)),
    },
    {
      path: '/tasks/run',
      methods: ['POST'],
      realm: readwriteRealm,
      help: {
        summary: 'Runs tasks for the principal of the request. An extension of Meseta.',
        description:
          'Takes JSON, `{"command": "…"}` or `{"image": {"name": "…"}}`, and `name`, `arguments`, `resources` (`cpus`, `mem`,' +
          ' `disk`, `gpus`), `role`, `user`, `environment`, `uris`, `labels`, `count`, `timeout`; or a TaskInfo as `task`. The' +
          ' tasks belong to a framework in the master, one of each principal, and run on whatever becomes of the client. A task' +
          ' that has no resources within its time-out, of ten minutes by default, is given up. `/tasks/waiting` shows it.',
        statuses: {
          202: '`framework_id` and `task_ids`: the tasks wait for resources.',
          400: 'A field is missing or invalid; the answer begins with its name in quotes.',
          503: 'Too many tasks of the principal, or of all, wait already.',
        },
      },
      does: changes(['REGISTER_FRAMEWORK', 'RUN_TASK'], request => run(context, frameworks, request)),
    },
    {
      path: '/tasks/waiting',
      methods: ['GET'],
      realm: readonlyRealm,
      help: {
        summary: 'Shows tasks of /tasks/run that are not launched. An extension of Meseta.',
        description:
          'Those that wait, and the last of those that were given up or refused, with a `message`. A master that begins to lead' +
          ' knows none of those that waited.',
        parameters: { task_id: 'Only tasks with this id.' },
        statuses: { 200: 'A list. Times are in seconds since the epoch.' },
      },
      does: shows(['VIEW_FRAMEWORK', 'VIEW_TASK'], (request, see) =>
        pieces(jsonPieces(waitingView(context, frameworks, see, request)), request),
      ),
    },
  ];
}

/** How large a request may be, in bytes: tasks that wait are kept in memory. */
const maxBody = 64 * 1024;

/** Reads the JSON of a request; a field that is wrong becomes a 400 that begins with its name. */
async function read<T>(request: Request, reader: (value: unknown) => T): Promise<T> {
  const body = await boundedBody(request, maxBody);
  try {
    return reader(parseJson(textOf(body)));
  } catch (cause) {
    throw refusalOf(cause);
  }
}

/** Returns the response to an error that the client can do something about. */
function refusalOf(cause: unknown): unknown {
  const words = cause instanceof Error ? cause.message : '';
  if (cause instanceof FieldError) return new HttpError('FIELD_INVALID', words, { cause });
  if (cause instanceof DecodeError) return new HttpError('BODY_MALFORMED', `The body is no JSON: ${words}`, { cause });
  if (cause instanceof FrameworkRefusedError) return new HttpError('TASK_REFUSED', words, { cause });
  if (cause instanceof TooManyWaitingError) return new HttpError('TASKS_WAITING', words, { cause });
  return cause;
}

async function kill(
  context: MasterContext,
  frameworks: RunFrameworks,
  request: Request,
): Promise<PreparedChange<'KILL_TASK'>> {
  const { frameworkId, taskId, killPolicy } = await read(request, readKill);
  const known = context.cluster.findFramework(frameworkId);
  if (!known) throw new HttpError('TASK_NOT_FOUND', `There is no framework '${frameworkId}'`);
  const task = findTask(known, taskId) ?? frameworks.get(frameworkId)?.find(taskId)?.task;
  const by = request.principal?.value;
  const object = { framework_info: known.info, ...(task && { task: { agent_id: { value: '' }, ...task } }) };
  // What becomes of it is said only to those who may kill it.
  return prepareChange('KILL_TASK', [object], () => {
    const own = frameworks.get(frameworkId);
    const words = `Killed before its launch by ${by === undefined ? 'an operator' : `'${by}'`}`;
    if (own?.cancel(taskId, words))
      return accepted({ message: `Task '${taskId}' was waiting for resources and is given up` });
    if (own?.kill(taskId, killPolicy, words)) {
      context.log.info('An operator kills a task that is being launched', {
        ...{ principal: by, framework_id: frameworkId, task_id: taskId },
      });
      return accepted({ message: `Task '${taskId}' is killed when it is launched` });
    }
    const framework = context.cluster.frameworks.get(frameworkId) ?? known;
    const outcome = killByOperator(context, framework, { taskId, killPolicy, by });
    if ('code' in outcome) throw new HttpError(outcome.code, outcome.message);
    const { agentId, sent, message } = outcome;
    return accepted({ agent_id: agentId, sent, message });
  });
}

function readKill(value: unknown) {
  const fields = new Fields(value, '', ['framework_id', 'task_id', 'kill_policy']);
  const grace = fields.optional('kill_policy', (policy, field) =>
    new Fields(policy, field, ['grace_period']).optional('grace_period', duration),
  );
  const killPolicy: KillPolicy | undefined =
    grace === undefined ? undefined : { grace_period: { nanoseconds: Math.round(grace * 1e6) } };
  return { frameworkId: fields.need('framework_id', text), taskId: fields.need('task_id', text), killPolicy };
}

async function run(
  context: MasterContext,
  frameworks: RunFrameworks,
  request: Request,
): Promise<PreparedChange<'REGISTER_FRAMEWORK' | 'RUN_TASK'>> {
  const wanted = await read(request, body => {
    const found = readRunRequest(body, userName());
    const problem = allowedRolesProblem(context.flags, [found.role]);
    if (problem !== undefined) throw new FieldError('role', `is not allowed: ${problem}`);
    return found;
  });
  if (request.principal && request.principal.value === undefined) {
    const words = "The request's principal has claims, but no value; tasks are run for principals with a value";
    throw new HttpError('PRINCIPAL_WITHOUT_VALUE', words);
  }
  const principal = request.principal?.value;
  const { role, task } = wanted;
  const { user = '' } = task.command ?? task.executor?.command ?? {};
  if (user === 'root' && !context.flags.root_submissions) {
    throw new HttpError('FIELD_INVALID', "'user' is root, and the master runs with --no-root_submissions");
  }
  const id = frameworkIdOf(principal, 1);
  const framework_info: FrameworkInfo = frameworkInfoOf(id, { principal, user, roles: [role], wantsGpus: false });
  const task_info = { task_id: { value: '' }, ...task, agent_id: { value: '' } };
  const questions: Question<'REGISTER_FRAMEWORK' | 'RUN_TASK'>[] = [
    { action: 'REGISTER_FRAMEWORK', object: { framework_info } },
    { action: 'RUN_TASK', object: { framework_info, task_info } },
  ];
  const act = (): Response => {
    try {
      frameworks.demandRoom(wanted.count);
      const framework = frameworks.of(principal);
      const ids = framework.run(wanted);
      context.log.info('An operator runs tasks', {
        principal,
        framework_id: framework.id,
        task_ids: ids.join(' '),
        role,
      });
      return accepted({ framework_id: framework.id, task_ids: ids });
    } catch (cause) {
      throw refusalOf(cause);
    }
  };
  return { questions, act };
}

function waitingView(
  { clock }: MasterContext,
  frameworks: RunFrameworks,
  see: Filters<'VIEW_FRAMEWORK' | 'VIEW_TASK'>,
  { query }: Request,
) {
  const only = query.get('task_id');
  // Tasks have the times of a clock that is never set, and which begins anywhere.
  const epochMs = clock.now() - clock.steady();
  const all = [...frameworks.all].flatMap(own => {
    const { waiting, launching, over } = own.tasks;
    return [...waiting, ...launching.values(), ...over].map(task => ({ own, task }));
  });
  return listed(
    all,
    ({ own, task }) => ({ framework_id: own.id, ...shownTask(own, task, epochMs) }),
    ({ own, task }) => (only === null || task.id === only) && maySee(own, task, see),
  );
}

function maySee(own: RunFramework, { task, role }: WaitingTask, see: Filters<'VIEW_FRAMEWORK' | 'VIEW_TASK'>): boolean {
  const { principal, framework } = own;
  const user = task.command?.user ?? task.executor?.command?.user ?? '';
  const framework_info =
    framework?.info ?? frameworkInfoOf(own.id, { principal, user, roles: [role], wantsGpus: false });
  const seesFramework = see.VIEW_FRAMEWORK?.({ framework_info }) ?? true;
  return seesFramework && (see.VIEW_TASK?.({ framework_info, task: { ...task, agent_id: { value: '' } } }) ?? true);
}

/** @param epochMs the time of day when the clock of the task was at zero. */
function shownTask(own: RunFramework, each: WaitingTask | TaskNotLaunched, epochMs: number) {
  const { id, task, role, amounts, since, until } = each;
  const state = 'why' in each ? each.why : own.tasks.launching.has(id) ? 'LAUNCHING' : 'WAITING';
  return {
    task_id: id,
    name: task.name,
    role,
    resources: amounts,
    state,
    since: Math.round(epochMs + since) / 1000,
    until: Math.round(epochMs + until) / 1000,
    ...('message' in each && { message: each.message }),
  };
}

function accepted(body: object): Response {
  return { status: 202, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
}
