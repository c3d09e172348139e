/** Reads what an earlier agent wrote. Nothing here changes anything, but for cutting off torn last records. */
import { access, readdir, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  type AgentId,
  AgentInfo,
  type ContainerValue,
  checkId,
  DrainConfig,
  Environment,
  type ExecutorId,
  ExecutorInfo,
  type FrameworkId,
  FrameworkInfo,
  type Id,
  type IdKind,
  type StatusUpdate,
  type TaskId,
  TaskInfo,
} from '@meseta/protocol';
import { defaultGraceMs, type KillRecord, type Verdict } from '@meseta/tasks';
import type { Logger } from '@meseta/telemetry';
import type { Paths, RunIds } from '../disk/paths.ts';
import { readIfThere, readMessage } from '../disk/records.ts';
import type { GroupRecord } from '../executors/built-in/pod-operations.ts';
import type { HookRecord } from '../executors/built-in/task-hooks.ts';
import { recordedKind } from '../executors/executor-info.ts';
import type { ExecutorKind } from '../state/executor.ts';
import type { StatusUpdateManager } from '../status-updates/manager.ts';
import { RecoveryError } from './error.ts';

/** A framework with executors that are not done with. */
export interface FrameworkRecord {
  readonly id: FrameworkId;
  readonly info: FrameworkInfo;
  readonly pid: string | undefined;
  readonly executors: readonly ExecutorRecord[];
}

/** What an earlier agent stored about a run of an executor. */
export interface ExecutorRecord {
  readonly ids: RunIds;
  readonly info: ExecutorInfo;
  readonly kind: ExecutorKind;
  /** A v0 driver's, if one registered. */
  readonly pid: string | undefined;
  readonly tasks: readonly TaskRecord[];
}

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

/** What reading needs. `strict`: damage is an error, not a warning. */
export interface ReadContext {
  readonly paths: Paths;
  readonly statusUpdates: StatusUpdateManager;
  readonly log: Logger;
  readonly strict: boolean;
  /** Receives each damage that is skipped. */
  readonly onDamage: () => void;
}

const atOnce = 32;
const nanosecondsPerMs = 1_000_000;

/** The agent that ran last. */
export interface AgentRecord {
  readonly id: AgentId;
  readonly info: AgentInfo;
  /** It was being drained. */
  readonly drainConfig: DrainConfig | undefined;
}

/** Reads the record of the agent that ran last; undefined when none did. @throws {RecoveryError} */
export async function readAgent(context: ReadContext): Promise<AgentRecord | undefined> {
  const { paths } = context;
  const target = await linkTarget(paths.latestAgent(paths.meta));
  if (target === undefined) return undefined;
  const id: AgentId = checkId(basename(target));
  const info = await tolerate(context, paths.agentInfo(id), path => readMessage(AgentInfo, path));
  if (info) {
    const drainConfig = await tolerate(context, paths.drainConfig(id), path => readMessage(DrainConfig, path));
    return { id, info, drainConfig };
  }
  if (context.strict) {
    throw new RecoveryError(
      `'${paths.agentInfo(id)}' is missing or torn: remove '${paths.meta}' to start as a new agent`,
    );
  }
  return undefined;
}

/** Reads the records of every framework that still has executors. */
export async function readFrameworks(context: ReadContext, agentId: AgentId): Promise<FrameworkRecord[]> {
  const ids = await idsIn<'framework'>(context.paths.frameworks(context.paths.meta, agentId));
  const records: FrameworkRecord[] = [];
  for (const id of ids) {
    const record = await readFramework(context, agentId, id);
    if (record && record.executors.length > 0) records.push(record);
  }
  return records;
}

async function readFramework(
  context: ReadContext,
  agentId: AgentId,
  id: FrameworkId,
): Promise<FrameworkRecord | undefined> {
  const { paths } = context;
  const directory = paths.framework(paths.meta, agentId, id);
  const info = await tolerate(context, join(directory, 'framework.info'), path => readMessage(FrameworkInfo, path));
  if (!info) return undefined; // the agent ended while writing it: nothing of it was launched
  const pid = (await readIfThere(join(directory, 'framework.pid')))?.toString();
  const executorIds = await idsIn<'executor'>(paths.executors(paths.meta, agentId, id));
  const executors: ExecutorRecord[] = [];
  for (let start = 0; start < executorIds.length; start += atOnce) {
    const some = executorIds.slice(start, start + atOnce);
    const read = await Promise.all(some.map(executorId => readExecutor(context, agentId, id, executorId)));
    executors.push(...read.filter(record => record !== undefined));
  }
  return { id, info, pid: pid === '' ? undefined : pid, executors };
}

async function readExecutor(
  context: ReadContext,
  agentId: AgentId,
  frameworkId: FrameworkId,
  executorId: ExecutorId,
): Promise<ExecutorRecord | undefined> {
  const { paths } = context;
  const directory = paths.executor(paths.meta, agentId, { frameworkId, executorId });
  const target = await linkTarget(join(directory, 'runs', 'latest'));
  if (target === undefined) return undefined; // the last thing written before anything is launched
  const containerId: ContainerValue = checkId(basename(target));
  const ids = { frameworkId, executorId, containerId };
  const run = paths.run(paths.meta, agentId, ids);
  if (await exists(join(run, 'executor.sentinel'))) return undefined;
  const info = await tolerate(context, join(directory, 'executor.info'), path => readMessage(ExecutorInfo, path));
  if (!info) return undefined;
  const generated = (await readIfThere(join(directory, 'executor_generated_for_command_task')))?.toString();
  const pid = (await readIfThere(join(run, 'pids', 'libprocess.pid')))?.toString();
  const taskIds = await idsIn<'task'>(join(run, 'tasks'));
  const tasks = await Promise.all(taskIds.map(taskId => readTask(context, agentId, ids, taskId)));
  return {
    ids,
    info,
    kind: recordedKind(generated === '1', info),
    pid,
    tasks: tasks.filter(task => task !== undefined),
  };
}

async function readTask(
  context: ReadContext,
  agentId: AgentId,
  ids: RunIds,
  taskId: TaskId,
): Promise<TaskRecord | undefined> {
  const { paths, statusUpdates } = context;
  const directory = paths.task(agentId, ids, taskId);
  const info = await tolerate(context, join(directory, 'task.info'), path => readMessage(TaskInfo, path));
  if (!info) return undefined; // the agent ended before the task was sent to an executor
  const read = (path: string) => statusUpdates.recover(ids.frameworkId, taskId, path);
  const { updates, lastForwarded, closed } = (await tolerate(
    context,
    paths.taskUpdates(agentId, ids, taskId),
    read,
  )) ?? {
    updates: [],
    lastForwarded: undefined,
    closed: false,
  };
  const hooks = await tolerate(context, paths.taskHooks(agentId, ids, taskId), readJson<HookRecord>);
  const kill = await tolerate(context, paths.taskKill(agentId, ids, taskId), readJson<KillRecord | Verdict>);
  const group = await tolerate(context, paths.taskGroup(agentId, ids, taskId), readGroup);
  const checked = info.check !== undefined || info.health_check !== undefined;
  const environment = checked
    ? await tolerate(context, paths.taskEnvironment(agentId, ids, taskId), path => readMessage(Environment, path))
    : undefined;
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

async function readJson<T>(path: string): Promise<T | undefined> {
  const text = (await readIfThere(path))?.toString();
  return text ? (JSON.parse(text) as T) : undefined; // a loss of power may leave it empty
}

async function readGroup(path: string): Promise<GroupRecord | undefined> {
  const group = await readJson<GroupRecord>(path);
  return (
    group && { container: checkId<'container'>(group.container), tasks: group.tasks.map(id => checkId<'task'>(id)) }
  );
}

/** Runs a read. Damaged data ends the recovery or is skipped, depending on `--strict`. */
async function tolerate<T>(
  { strict, log, onDamage }: ReadContext,
  path: string,
  read: (path: string) => Promise<T | undefined>,
): Promise<T | undefined> {
  try {
    return await read(path);
  } catch (cause) {
    if (strict) {
      const help = 'start with --no-strict to go on without it, or with --recover=cleanup to end what was running';
      throw new RecoveryError(`Failed to read '${path}': ${help}`, { cause });
    }
    onDamage();
    log.warning('Skipped what cannot be read', { path, error: cause });
    return undefined;
  }
}

/** Names of the entries of a directory that are ids; none when it does not exist. */
async function idsIn<K extends IdKind>(directory: string): Promise<Id<K>[]> {
  try {
    return (await readdir(directory)).filter(name => name !== 'latest').map(name => checkId<K>(name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
