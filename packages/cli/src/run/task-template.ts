/** Makes the task of `meseta run` from its arguments and options. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  type CommandInfo,
  type ContainerInfo,
  DecodeError,
  type EnvironmentVariable,
  fromJson,
  idProblem,
  type MessageType,
  parseJson,
  type Resource,
  TaskInfo,
} from '@meseta/protocol';
import type { Amounts } from '@meseta/resources';
import { systemProblem } from '@meseta/system/system-problem';
import { UsageError } from '../usage-error.ts';
import { messageProblem } from './check-task.ts';
import type { TaskTemplate } from './launch.ts';

/** The options that describe the task. They take precedence over the fields of a file. */
export interface TaskOptions {
  readonly task?: string | undefined;
  readonly name?: string | undefined;
  readonly env?: readonly string[] | undefined;
  readonly uri?: readonly string[] | undefined;
  readonly cpus?: string | undefined;
  readonly mem?: string | undefined;
  readonly disk?: string | undefined;
}

/** Makes the task. @throws {UsageError} for missing or invalid values. */
export function describeTask(options: TaskOptions, words: readonly string[]): TaskTemplate {
  if (options.task !== undefined) {
    if (words.length > 0) throw new UsageError('Give either --task or a command, not both');
    return override(readTask(options.task, options.name), options);
  }
  const value = words.join(' ');
  if (value.trim() === '') throw new UsageError("Run what? Give a command, as in: meseta run 'echo hello'");
  const name = options.name ?? 'run';
  refuseNoId(name);
  return override({ name, task_id: { value: newId(name) }, command: { shell: true, value } }, options);
}

/** Gives a task its container, or the task's executor when it has one. Volumes and networks are added to those it has. */
export function inContainer(task: TaskTemplate, more: ContainerInfo | undefined): TaskTemplate {
  if (more === undefined) return task;
  const { container: had } = task.executor ?? task;
  const container: ContainerInfo = {
    ...{ ...had, ...more },
    ...(had?.volumes && { volumes: [...had.volumes, ...(more.volumes ?? [])] }),
    ...(had?.network_infos && { network_infos: [...had.network_infos, ...(more.network_infos ?? [])] }),
  };
  return task.executor ? { ...task, executor: { ...task.executor, container } } : { ...task, container };
}

/** Refuses a name that cannot be a part of an id, because ids become names of directories. */
function refuseNoId(name: string): void {
  const problem = idProblem(newId(name));
  if (problem) throw new UsageError(`--name '${name}' cannot be the beginning of a task's id: ${problem}`);
}

/** Makes an id that begins with a name. */
export function newId(name: string): string {
  return `${name}-${randomUUID().slice(0, 8)}`;
}

/** Reads a task from a JSON file. Without an id, it gets one made from its name. */
function readTask(file: string, wantedName: string | undefined): TaskTemplate {
  const given = contentOf(file, 'task');
  const problem = messageProblem(TaskInfo as MessageType<unknown>, given);
  if (problem) throw new UsageError(`--task ${file}: ${problem}`);
  const task = given as Partial<TaskInfo>;
  if (!task.command && !task.executor) {
    throw new UsageError(`--task ${file}: the task has neither a command nor an executor, so there is nothing to run`);
  }
  const name = task.name ?? 'task';
  const id = newId(wantedName ?? name);
  try {
    // The agent is set when an offer is accepted.
    return fromJson(TaskInfo, { name, task_id: { value: id }, ...task, agent_id: { value: '' } });
  } catch (error) {
    throw new UsageError(`--task ${file}: ${messageOf(error)}`);
  }
}

/** Reads JSON from a file, or from standard input for `-`. @param option that names it. @throws {UsageError} */
export function contentOf(file: string, option: string): unknown {
  try {
    return parseJson(readFileSync(file === '-' ? 0 : file, 'utf8'));
  } catch (error) {
    const problem = error instanceof DecodeError ? `no JSON, ${error.message}` : systemProblem(error as Error);
    throw new UsageError(`--${option} ${file}: ${problem}`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Applies the options, which take precedence, to a task. */
function override(task: TaskTemplate, { name, env, uri, cpus, mem, disk }: TaskOptions): TaskTemplate {
  const change = (command: CommandInfo): CommandInfo => ({
    ...command,
    ...(env && { environment: { variables: mergeVariables(command.environment?.variables, env.map(readVariable)) } }),
    ...(uri && { uris: [...(command.uris ?? []), ...uri.map(value => ({ value }))] }),
  });
  const changed: TaskTemplate = { ...task, ...(name !== undefined && { name }) };
  if (task.command) changed.command = change(task.command);
  else if (task.executor?.command) changed.executor = { ...task.executor, command: change(task.executor.command) };
  if (task.resources) changed.resources = mergeResources(task.resources, readAmounts({ cpus, mem, disk }, {}));
  return changed;
}

function mergeVariables(
  given: readonly EnvironmentVariable[] | undefined,
  more: readonly EnvironmentVariable[],
): EnvironmentVariable[] {
  const names = new Set(more.map(({ name }) => name));
  return [...(given ?? []).filter(({ name }) => !names.has(name)), ...more];
}

function mergeResources(given: readonly Resource[], amounts: Amounts): Resource[] {
  const kept = given.filter(({ name }) => !Object.hasOwn(amounts, name));
  const more = Object.entries(amounts).map(([name, value]): Resource => ({ name, type: 'SCALAR', scalar: { value } }));
  return [...kept, ...more];
}

function readVariable(text: string): EnvironmentVariable {
  const equals = text.indexOf('=');
  if (equals < 1) throw new UsageError(`--env takes NAME=VALUE, not '${text}'`);
  return { name: text.slice(0, equals), value: text.slice(equals + 1) };
}

function readAmount(option: string, text: string): number {
  const amount = Number(text);
  if (text.trim() === '' || !(amount >= 0) || !Number.isFinite(amount)) {
    throw new UsageError(`--${option} takes a number of at least 0, not '${text}'`);
  }
  return amount;
}

/** Returns the amounts of the options, or the fallbacks. @throws {UsageError} */
export function readAmounts(options: Pick<TaskOptions, 'cpus' | 'mem' | 'disk'>, fallbacks: Amounts): Amounts {
  const asked = (['cpus', 'mem', 'disk'] as const).flatMap(name => {
    const text = options[name];
    return text === undefined ? [] : [[name, readAmount(name, text)] as const];
  });
  return { ...fallbacks, ...Object.fromEntries(asked) };
}
