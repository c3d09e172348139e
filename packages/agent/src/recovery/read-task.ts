/** Reads what an earlier agent stored about a task. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type AgentId, checkId, Environment, type StatusUpdate, type TaskId, TaskInfo } from '@meseta/protocol';
import { defaultGraceMs, type KillRecord, type Verdict } from '@meseta/tasks';
import type { Paths, RunIds } from '../disk/paths.ts';
import { readIfThere, readMessage } from '../disk/records.ts';
import type { GroupRecord } from '../executors/built-in/pod-operations.ts';
import type { HookRecord } from '../executors/built-in/task-hooks.ts';
import type { StatusUpdateManager } from '../status-updates/manager.ts';
import { ContentError, type DamageHandling, skip, tolerate } from './damage.ts';

/** What reading needs. */
export interface ReadContext extends DamageHandling {
  readonly paths: Paths;
  readonly statusUpdates: StatusUpdateManager;
}

const nanosecondsPerMs = 1_000_000;

/** What an earlier agent stored about a task. */
export interface TaskRecord {
  readonly info: TaskInfo;
  /** Every status update there was, oldest first. */
  readonly updates: readonly StatusUpdate[];
  /** The update that was sent last. */
  readonly lastForwarded: StatusUpdate | undefined;
  /** The terminal one is acknowledged. */
  readonly closed: boolean;
  /** A command task was being ended. */
  readonly kill: KillRecord | undefined;
  /** A command task's lifecycle hooks; undefined when it has none. */
  readonly hooks: HookRecord | undefined;
  /** A pod's task: its container, and the group it was launched with; undefined when it was not launched. */
  readonly group: GroupRecord | undefined;
  /** What modules put into a command task's environment, where it has checks, as agents of Meseta 0.1 wrote it. */
  readonly environment: Environment | undefined;
}

/** Reads what is stored about a task; undefined when it was not handed to its executor. @throws {RecoveryError} */
export async function readTask(
  context: ReadContext,
  agentId: AgentId,
  ids: RunIds,
  taskId: TaskId,
): Promise<TaskRecord | undefined> {
  const { paths, statusUpdates } = context;
  const directory = paths.task(agentId, ids, taskId);
  const info = await tolerate(context, join(directory, 'task.info'), path => readMessage(TaskInfo, path));
  if (!info) return undefined; // the agent ended before the task was sent to an executor
  const names = new Set(await tolerate(context, directory, path => readdirSync(path)));
  const readIf = <T>(path: string, read: (path: string) => T | undefined) =>
    names.has(basename(path)) ? tolerate(context, path, read) : undefined;
  const onDamage = context.strict
    ? undefined
    : (error: unknown) => skip(context, paths.taskUpdates(agentId, ids, taskId), error);
  const recovered = await readIf(paths.taskUpdates(agentId, ids, taskId), path =>
    statusUpdates.recover(ids.frameworkId, taskId, path, onDamage),
  );
  const hooks = await readIf(paths.taskHooks(agentId, ids, taskId), path => readJson<HookRecord>(path, isHookRecord));
  const kill = await readIf(paths.taskKill(agentId, ids, taskId), path => readJson<KillRecord | Verdict>(path, isKill));
  const group = await readIf(paths.taskGroup(agentId, ids, taskId), readGroup);
  const checked = info.check !== undefined || info.health_check !== undefined;
  const environment = checked
    ? await readIf(paths.taskEnvironment(agentId, ids, taskId), path => readMessage(Environment, path))
    : undefined;
  const { updates, lastForwarded, closed } = recovered ?? { updates: [], lastForwarded: undefined, closed: false };
  return { info, updates, lastForwarded, closed, kill: kill && killRecord(kill, info), hooks, group, environment };
}

/**
 * Returns a kill as it was written to disk. Agents of Meseta 0.1 wrote the verdict alone; the task's kill policy then
 * gives the grace period.
 */
export function killRecord(read: KillRecord | Verdict, { kill_policy }: TaskInfo): KillRecord {
  if ('verdict' in read) return read;
  const grace = kill_policy?.grace_period?.nanoseconds;
  return { verdict: read, graceMs: grace === undefined ? defaultGraceMs : grace / nanosecondsPerMs };
}

/** @throws {SyntaxError} {ContentError} */
function readJson<T>(path: string, isValid: (content: Fields) => boolean): T | undefined {
  const text = readIfThere(path)?.toString();
  if (!text) return undefined; // a crash of the machine may leave it empty
  const content: unknown = JSON.parse(text);
  if (typeof content !== 'object' || content === null || !isValid(content as Fields)) {
    throw new ContentError('it is not what an agent writes there');
  }
  return content as T;
}

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);

const isHookRecord = ({ variables, fired, memory }: Fields) =>
  isObject(variables) && Array.isArray(fired) && isObject(memory);

const hasState = (value: unknown) => isObject(value) && typeof (value as Fields).state === 'string';

const isKill = (kill: Fields) =>
  'verdict' in kill ? hasState(kill.verdict) && typeof kill.graceMs === 'number' : hasState(kill);

const isGroup = ({ container, tasks }: Fields) =>
  typeof container === 'string' && Array.isArray(tasks) && tasks.every(id => typeof id === 'string');

/** @throws {SyntaxError} {ContentError} {InvalidIdError} */
function readGroup(path: string): GroupRecord | undefined {
  const group = readJson<GroupRecord>(path, isGroup);
  return (
    group && { container: checkId<'container'>(group.container), tasks: group.tasks.map(id => checkId<'task'>(id)) }
  );
}
