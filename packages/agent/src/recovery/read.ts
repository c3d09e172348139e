/** Reads what an earlier agent wrote. Nothing here changes anything, but for cutting off torn last records. */
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parsePid } from '@meseta/process';
import {
  type AgentId,
  AgentInfo,
  type ContainerValue,
  checkId,
  DrainConfig,
  type ExecutorId,
  ExecutorInfo,
  type FrameworkId,
  FrameworkInfo,
  type Id,
  type IdKind,
  idProblem,
} from '@meseta/protocol';
import type { RunIds } from '../disk/paths.ts';
import { readIfThere, readMessage } from '../disk/records.ts';
import { recordedKind } from '../executors/executor-info.ts';
import type { ExecutorKind } from '../state/executor.ts';
import { ContentError, skip, tolerate } from './damage.ts';
import { RecoveryError } from './error.ts';
import { type ReadContext, readTask, type TaskRecord } from './read-task.ts';

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
  /** It subscribed to the HTTP API. */
  readonly speaksHttp: boolean;
  readonly tasks: readonly TaskRecord[];
}

const atOnce = 32;

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
  const id = await readLink<'agent'>(context, paths.latestAgent(paths.meta));
  if (id === undefined) return undefined;
  const file = paths.agentInfo(id);
  try {
    const info = readMessage(AgentInfo, file);
    if (!info) throw new ContentError('it is missing or empty'); // the link is made after the file is synced
    const drainConfig = await tolerate(context, paths.drainConfig(id), path => readMessage(DrainConfig, path));
    return { id, info, drainConfig };
  } catch (cause) {
    if (cause instanceof RecoveryError) throw cause;
    if (context.strict) throw unknownAgent(file, paths.latestAgent(paths.meta), cause as Error);
    skip(context, file, cause);
    return undefined;
  }
}

function unknownAgent(file: string, latest: string, cause: Error): RecoveryError {
  return new RecoveryError(
    `Failed to read '${file}': ${cause.message}. To end what was running and start as a new agent, remove '${latest}', ` +
      'or start with --no-strict',
    { cause },
  );
}

/** Reads the records of every framework that still has executors. */
export async function readFrameworks(context: ReadContext, agentId: AgentId): Promise<FrameworkRecord[]> {
  const ids = await idsIn<'framework'>(context, context.paths.frameworks(context.paths.meta, agentId));
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
  const pid = await tolerate(context, join(directory, 'framework.pid'), readPid);
  const executorIds = await idsIn<'executor'>(context, paths.executors(paths.meta, agentId, id));
  const executors: ExecutorRecord[] = [];
  for (let start = 0; start < executorIds.length; start += atOnce) {
    const some = executorIds.slice(start, start + atOnce);
    const read = await Promise.all(some.map(executorId => readExecutor(context, agentId, id, executorId)));
    executors.push(...read.filter(record => record !== undefined));
  }
  return { id, info, pid, executors };
}

async function readExecutor(
  context: ReadContext,
  agentId: AgentId,
  frameworkId: FrameworkId,
  executorId: ExecutorId,
): Promise<ExecutorRecord | undefined> {
  const { paths } = context;
  const directory = paths.executor(paths.meta, agentId, { frameworkId, executorId });
  const containerId: ContainerValue | undefined = await readLink<'container'>(
    context,
    join(directory, 'runs', 'latest'),
  );
  if (containerId === undefined) return undefined; // the last thing written before anything is launched
  const ids = { frameworkId, executorId, containerId };
  const run = paths.run(paths.meta, agentId, ids);
  if (existsSync(join(run, 'executor.sentinel'))) return undefined;
  const info = await tolerate(context, join(directory, 'executor.info'), path => readMessage(ExecutorInfo, path));
  if (!info) return undefined;
  const generated = await tolerate(context, join(directory, 'executor_generated_for_command_task'), readGenerated);
  const pid = await tolerate(context, join(run, 'pids', 'libprocess.pid'), readPid);
  const taskIds = await idsIn<'task'>(context, join(run, 'tasks'));
  const tasks = await Promise.all(taskIds.map(taskId => readTask(context, agentId, ids, taskId)));
  return {
    ids,
    info,
    kind: recordedKind(generated, info),
    pid,
    speaksHttp: existsSync(join(run, 'http.marker')),
    tasks: tasks.filter(task => task !== undefined),
  };
}

/** Returns whether an executor was made for a command task; undefined when that is not written down. @throws {ContentError} */
function readGenerated(path: string): boolean | undefined {
  const text = readIfThere(path)?.toString();
  if (!text) return undefined;
  if (text !== '0' && text !== '1') throw new ContentError('it has neither 0 nor 1');
  return text === '1';
}

/** @throws {ContentError} */
function readPid(path: string): string | undefined {
  const text = readIfThere(path)?.toString();
  if (!text) return undefined; // of a client of the HTTP API
  if (!parsePid(text)) throw new ContentError('it has no libprocess pid');
  return text;
}

/** Returns the names of the entries of a directory that are ids; none when it does not exist. @throws {RecoveryError} */
async function idsIn<K extends IdKind>(context: ReadContext, directory: string): Promise<Id<K>[]> {
  const names = await tolerate(context, directory, path => unlessMissing(() => readdirSync(path)));
  return (names ?? []).filter(name => name !== 'latest' && idProblem(name) === undefined).map(name => checkId<K>(name));
}

/** Returns the id that a link leads to; undefined when there is no link. @throws {RecoveryError} */
async function readLink<K extends IdKind>(context: ReadContext, path: string): Promise<Id<K> | undefined> {
  return tolerate(context, path, () => {
    const target = unlessMissing(() => readlinkSync(path));
    return target === undefined ? undefined : checkId<K>(basename(target));
  });
}

/** @throws {ContentError} it is no link. */
function unlessMissing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EINVAL') throw new ContentError('it is not a symbolic link');
    if (code !== 'ENOENT') throw error;
    return undefined;
  }
}
