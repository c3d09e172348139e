/** The launch of a container, for executors and command tasks alike. */
import { join } from 'node:path';
import { LaunchError } from '@meseta/containers';
import { IsolatorError } from '@meseta/containers/isolators';
import {
  type ContainerLaunchInfo,
  type ContainerLimitation,
  Environment,
  type EnvironmentVariable,
  type TaskInfo,
} from '@meseta/protocol';
import type { AgentContext } from '../context.ts';
import { encodeLengthPrefixed } from '../disk/records.ts';
import type { TaskId } from '../ids.ts';
import { containerConfig, containerIdOf, launchedExecutor } from '../isolation/told.ts';
import type { Executor } from '../state/executor.ts';
import { executorEnvironment } from './environment.ts';
import { allocationRole } from './executor-info.ts';
import { fetchUris } from './fetch.ts';
import { launchProblem } from './launch-problem.ts';
import { program } from './program.ts';
import { runIds } from './run.ts';
import { writeExecutor } from './start-operations.ts';

export interface LaunchOptions {
  /** The task that the container is, of a command task. */
  readonly task?: TaskInfo;
  /** The executor is written down already. */
  readonly written?: boolean;
  /** Of lifecycle hooks, for the task's environment. */
  readonly variables?: readonly EnvironmentVariable[];
  /** Throws when the container is not wanted any more: fetcher and launcher can end only what they have been given. */
  readonly mustBeWanted: () => void;
  /** See `LaunchSpec.checkpoint`. */
  readonly checkpoint?: (pid: number) => Promise<void>;
}

/** A launch that a limit ended; the message has what isolators say of it. */
export class LimitedLaunchError extends Error {
  override readonly name = 'LimitedLaunchError';
  readonly code = 'LIMITED';
  readonly limitation: ContainerLimitation;

  constructor(message: string, limitation: ContainerLimitation, cause: unknown) {
    super(message, { cause });
    this.limitation = limitation;
  }
}

/**
 * Writes an executor down, has hooks and isolators prepare its container, fetches, and starts its process: when it
 * resolves the program runs. Whatever comes of it, `containers.end` is to be called in the end.
 *
 * @returns the pid of its first process.
 * @throws {LaunchError} {DiskError} {VolumeError} {IsolatorError} {LimitedLaunchError}
 * @see Mesos src/slave/containerizer/mesos/containerizer.cpp
 */
export async function launchContainer(
  context: AgentContext,
  executor: Executor,
  options: LaunchOptions,
): Promise<number> {
  const { agent, containers } = context;
  const { task, mustBeWanted } = options;
  if (agent.id === undefined) throw new LaunchError('INVALID', 'The agent has no id yet');
  containers.add(executor.containerId);
  await context.privacy?.learn(executor);
  if (!options.written) await writeExecutor(context, agent.id, executor, task);
  const problem = launchProblem((task ?? executor.info).command, (task ?? executor.info).container);
  if (problem !== undefined) throw new LaunchError('INVALID', problem);
  mustBeWanted();
  try {
    return await launchPrepared(context, executor, options);
  } catch (error) {
    context.space.suspect(error);
    throw explained(error, containers.limitation(executor.containerId));
  }
}

async function launchPrepared(context: AgentContext, executor: Executor, options: LaunchOptions): Promise<number> {
  const { containers, hooks, launcher } = context;
  const { containerId, directory, user } = executor;
  const { task, mustBeWanted, checkpoint, variables = [] } = options;
  const command = (task ?? executor.info).command ?? {};
  const told = launchedExecutor(executor, task);
  const fromHooks = await containers.hookVariables(told);
  mustBeWanted();
  const info = await containers.prepare(containerId, containerConfig(executor, told, task));
  const unbuilt = unbuiltFields(info);
  if (unbuilt !== undefined) {
    const message = `Isolators ask for what is not built yet: ${unbuilt}. They may set ${built.join(', ')}`;
    throw new LaunchError('INVALID', message);
  }
  const prepared = [...(info.environment?.variables ?? []), ...((task && info.task_environment?.variables) ?? [])];
  const added = [...fromHooks, ...prepared];
  await keepVariables(context, executor, task, added);
  mustBeWanted();
  await fetchUris(context, executor, command);
  if (hooks.has('slavePostFetchHook')) await hooks.slavePostFetchHook(containerIdOf(executor), directory);
  mustBeWanted();
  if (containers.limitation(containerId)) throw new LaunchError('DESTROYED', 'It ran into a limit');

  const isolated = async (pid: number) => {
    await checkpoint?.(pid);
    await containers.isolate(containerId, pid);
  };
  const { pid } = await launcher.launch(containerId, {
    ...program(command),
    environment: executorEnvironment(context, executor, command, task && allocationRole(task.resources), [
      ...added,
      ...variables,
    ]),
    workingDirectory: info.working_directory ?? directory,
    stdout: join(directory, 'stdout'),
    stderr: join(directory, 'stderr'),
    ...(user !== undefined && { user }),
    ...((checkpoint || containers.isolates) && { checkpoint: isolated }),
  });
  executor.pid = pid;
  return pid;
}

/** Keeps what modules put into a task's environment for its checks, which have it, too. */
async function keepVariables(
  { agent, containers, disk, paths }: AgentContext,
  executor: Executor,
  task: TaskInfo | undefined,
  variables: readonly EnvironmentVariable[],
): Promise<void> {
  if (!(task?.check || task?.health_check) || variables.length === 0) return;
  containers.setVariables(executor.containerId, variables);
  if (!executor.checkpoint || agent.id === undefined) return;
  const path = paths.taskEnvironment(agent.id, runIds(executor), task.task_id.value as TaskId);
  await disk.perform([{ type: 'write', path, data: encodeLengthPrefixed(Environment, { variables: [...variables] }) }]);
}

const built: readonly string[] = ['environment', 'task_environment', 'working_directory'];

/** What isolators ask for beyond what launchers can do: nothing is left out without a word. */
function unbuiltFields(info: ContainerLaunchInfo): string | undefined {
  const asked = Object.entries(info).filter(
    ([field, value]) => value !== undefined && !built.includes(field) && !(Array.isArray(value) && value.length === 0),
  );
  return asked.length > 0 ? asked.map(([field]) => field).join(', ') : undefined;
}

/** The error in Mesos's words: an isolator's own instead of the launcher's, with the limit that had it destroyed. */
function explained(error: unknown, limitation: ContainerLimitation | undefined): unknown {
  const code = error instanceof LaunchError ? error.code : undefined;
  const { cause } = error as Error;
  const first = code === 'CHECKPOINT' && cause instanceof IsolatorError ? cause : error;
  if (limitation === undefined) return first;
  const destroyed = code === 'DESTROYED' || code === 'SPAWNER'; // which of the two is a matter of chance
  const what = destroyed ? 'Container is being destroyed during isolating' : (first as Error).message;
  return new LimitedLaunchError(`${what}; ${limitation.message ?? ''}`, limitation, error);
}
