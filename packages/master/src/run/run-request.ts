/** What a client asks to run: reads the JSON of `POST /tasks/run`. Pure. */
import { commandProblem, containerProblem } from '@meseta/daemon';
import { flagTypes } from '@meseta/flags';
import {
  type CommandInfo,
  type CommandInfoURI,
  type ContainerInfo,
  DecodeError,
  fromJson,
  idProblem,
  TaskInfo,
  type TaskInfo as TaskInfoType,
} from '@meseta/protocol';
import type { Amounts } from '@meseta/resources';
import { roleProblem, toThousandths } from '@meseta/resources';
import {
  anyText,
  entriesOf,
  FieldError,
  Fields,
  flag,
  listOf,
  number,
  oneOf,
  type Read,
  text,
  wrong,
} from '../validation/fields.ts';

/** A task without what an offer decides: its agent and its resources. Its id may be made later, too. */
export type TaskTemplate = Omit<TaskInfoType, 'agent_id' | 'resources' | 'task_id'> &
  Partial<Pick<TaskInfoType, 'task_id'>>;

/** What is to be run. */
export interface RunRequest {
  readonly role: string;
  /** How many such tasks. */
  readonly count: number;
  /** The resources of each task, by name: cpus in cores, mem and disk in MB. */
  readonly amounts: Amounts;
  /** How long a task may wait for an offer, in milliseconds. */
  readonly waitMs: number;
  readonly task: TaskTemplate;
}

/** How many tasks one request may be for. */
export const maxCount = 100;

/** How long tasks wait for an offer unless the request says, and at most, in milliseconds. */
const [usualWaitMs, longestWaitMs] = [10 * 60_000, 7 * 24 * 3_600_000];

/** Fields that describe a task in the words of this request. */
const described = ['name', 'command', 'arguments', 'image', 'environment', 'uris', 'labels'] as const;

const known = ['task', ...described, 'resources', 'role', 'user', 'count', 'timeout'];

/** Reads a duration such as `5secs`, in milliseconds. */
export const duration: Read<number> = (value, field) => {
  try {
    return flagTypes.duration.parse(text(value, field), () => undefined);
  } catch (cause) {
    if (cause instanceof FieldError) throw cause;
    throw wrong(field, value, 'a duration such as 5secs or 10mins');
  }
};

/**
 * Reads a request.
 *
 * @param user the user of tasks that name none.
 * @throws {FieldError} naming the field that is wrong.
 */
export function readRunRequest(body: unknown, user: string): RunRequest {
  const fields = new Fields(body, '', known);
  const count = fields.optional('count', number({ least: 1, most: maxCount, whole: true })) ?? 1;
  const template = fields.has('task') ? givenTask(fields) : describedTask(fields);
  const task = asUser(template, fields.optional('user', text), user);
  if (task.task_id && count > 1) throw new FieldError('task.task_id', "cannot be given with a 'count' above 1");
  return {
    role: fields.optional('role', role) ?? '*',
    count,
    amounts: fields.optional('resources', amounts) ?? amounts({}, 'resources'),
    waitMs: fields.optional('timeout', waitMs) ?? usualWaitMs,
    task,
  };
}

const role: Read<string> = (value, field) => {
  const name = text(value, field);
  const problem = roleProblem(name);
  if (problem !== undefined) throw new FieldError(field, `is not a valid role: ${problem}`);
  return name;
};

const waitMs: Read<number> = (value, field) => {
  const ms = duration(value, field);
  if (ms > 0 && ms <= longestWaitMs) return ms;
  throw wrong(field, value, 'a duration above 0, of a week at most');
};

/** The resources of a task that names none: as of `meseta run`. */
const usual: Amounts = { cpus: 0.1, mem: 32 };

const amounts: Read<Amounts> = (value, field) => {
  const fields = new Fields(value, field, ['cpus', 'mem', 'disk', 'gpus']);
  const all = (['cpus', 'mem', 'disk', 'gpus'] as const).map(name => {
    const amount = fields.optional(name, number({ whole: name === 'gpus' })) ?? usual[name] ?? 0;
    return [name, amount] as const;
  });
  // Resources have three decimals: what is less is nothing.
  const some = all.filter(([, amount]) => toThousandths(amount) > 0);
  if (some.length === 0) throw new FieldError(field, 'has no resource above 0; a task needs some cpus, mem or disk');
  return Object.fromEntries(some);
};

/** A TaskInfo in the words of frameworks. */
function givenTask(fields: Fields): TaskTemplate {
  const other = described.find(name => fields.has(name));
  if (other) throw new FieldError(other, "cannot be given with 'task', which has it");
  const { agent_id: _, ...task } = fields.need('task', (value, field) => {
    new Fields(value, field, [...TaskInfo.byName.keys()]);
    const name = (value as { name?: unknown }).name ?? 'run';
    try {
      // The agent is set when an offer is accepted.
      return fromJson(TaskInfo, { task_id: { value: '' }, ...(value as object), name, agent_id: { value: '' } });
    } catch (cause) {
      if (!(cause instanceof DecodeError)) throw cause;
      throw new FieldError(field, `is no TaskInfo: ${cause.message}`, { cause });
    }
  });
  if (task.resources?.length) throw new FieldError('task.resources', "is not taken: give 'resources'");
  if ((task.command === undefined) === (task.executor === undefined)) {
    throw new FieldError('task', 'needs either a command or an executor');
  }
  // Which user it runs as would depend on who asked first.
  if (task.executor && !task.executor.command) throw new FieldError('task.executor', 'needs a command');
  refuse('task.command', task.command && commandProblem(task.command));
  refuse('task.executor.command', task.executor?.command && commandProblem(task.executor.command));
  refuse('task.container', task.container && containerProblem(task.container));
  const { task_id, resources: __, ...rest } = task;
  if (task_id.value === '') {
    refuseNoIdPart('task.name', task.name);
    return rest;
  }
  refuse('task.task_id', idProblem(task_id.value));
  return { ...rest, task_id };
}

function describedTask(fields: Fields): TaskTemplate {
  const name = fields.optional('name', text) ?? 'run';
  refuseNoIdPart('name', name);
  const container = fields.optional('image', image);
  const labels = fields.optional('labels', entriesOf(anyText));
  const command = commandOf(fields);
  refuse('environment', commandProblem(command));
  return {
    name,
    command,
    ...(container && { container }),
    ...(labels && { labels: { labels: labels.map(([key, value]) => ({ key, value })) } }),
  };
}

/** A line for the shell; with arguments, a program; of an image without a command, what the image starts. */
function commandOf(fields: Fields): CommandInfo {
  const value = fields.optional('command', text);
  const args = fields.optional('arguments', listOf(anyText));
  if (value === undefined && !fields.has('image')) {
    throw new FieldError('command', 'is missing: give a command or an image');
  }
  const variables = fields.optional('environment', entriesOf(anyText));
  const uris = fields.optional('uris', listOf(uri));
  return {
    shell: value !== undefined && args === undefined,
    ...(value !== undefined && { value }),
    ...(args && { arguments: value === undefined ? args : [value, ...args] }),
    ...(variables && { environment: { variables: variables.map(([name, each]) => ({ name, value: each })) } }),
    ...(uris && { uris }),
  };
}

const image: Read<ContainerInfo> = (value, field) => {
  const fields = new Fields(value, field, ['type', 'name']);
  const name = fields.need('name', text);
  const type = fields.optional('type', oneOf('docker', 'appc')) ?? 'docker';
  const found =
    type === 'docker' ? { type: 'DOCKER' as const, docker: { name } } : { type: 'APPC' as const, appc: { name } };
  return { type: 'MESOS', mesos: { image: found } };
};

const uri: Read<CommandInfoURI> = (value, field) => {
  if (typeof value === 'string') return { value: text(value, field) };
  const fields = new Fields(value, field, ['value', 'executable', 'extract', 'cache', 'output_file']);
  const [executable, extract, cache] = (['executable', 'extract', 'cache'] as const).map(name =>
    fields.optional(name, flag),
  );
  const output_file = fields.optional('output_file', text);
  return {
    value: fields.need('value', text),
    ...(executable !== undefined && { executable }),
    ...(extract !== undefined && { extract }),
    ...(cache !== undefined && { cache }),
    ...(output_file !== undefined && { output_file }),
  };
};

/** Makes a task say as which user it runs, so that it does not depend on the user of the framework. */
function asUser(task: TaskTemplate, asked: string | undefined, usualUser: string): TaskTemplate {
  const withUser = (command: CommandInfo): CommandInfo => ({ ...command, user: asked ?? command.user ?? usualUser });
  const { command, executor } = task;
  if (command) return { ...task, command: withUser(command) };
  if (!executor?.command) return task;
  return { ...task, executor: { ...executor, command: withUser(executor.command) } };
}

/** Refuses a name that cannot begin an id, because ids become names of directories. */
function refuseNoIdPart(field: string, name: string): void {
  const problem = idProblem(`${name}-00000000`);
  if (problem !== undefined) throw new FieldError(field, `cannot be the beginning of a task's id: ${problem}`);
}

function refuse(field: string, problem: string | undefined): void {
  if (problem !== undefined) throw new FieldError(field, `is not valid: ${problem}`);
}
