/** The launch of a container, for executors and command tasks alike. */
import { LaunchError, withVariables } from '@meseta/containers';
import type { EnvironmentVariable, TaskInfo } from '@meseta/protocol';
import { tokenVariable } from '../access/executor-tokens.ts';
import type { RegisteredContext } from '../context.ts';
import { containerConfig, launchedExecutor } from '../isolation/container-config.ts';
import type { Executor } from '../state/executor.ts';
import { dockerDecorator, executorEnvironment, hookVariables } from './environment.ts';
import { logLabels } from './log-labels.ts';
import { writeExecutor } from './start-operations.ts';

/** What a launch needs besides the executor. */
export interface ExecutorLaunch {
  /** The task that the container is, of a command task. */
  readonly task?: TaskInfo;
  /** The task whose executor the container is, where the executor was made for that task. */
  readonly executedTask?: TaskInfo;
  /** The container has no program, see `ContainerLaunch.pauses`. */
  readonly pauses?: boolean;
  /** The executor is written down already. */
  readonly written?: boolean;
  /** Of lifecycle hooks, for the task's environment. */
  readonly variables?: readonly EnvironmentVariable[];
  /** Throws when the container is not wanted any more: a containerizer can end only what it has been given. */
  readonly mustBeWanted: () => void;
  /** See `LaunchOptions.checkpoint`. */
  readonly checkpoint?: (pid: number | undefined) => Promise<void>;
}

/** Tells whether a command task's checks run in its container, and inherit its environment. */
export function checksRunCommands({ check, health_check }: TaskInfo): boolean {
  return check?.command !== undefined || health_check?.command !== undefined;
}

/**
 * Writes an executor down and launches its container: when it resolves the program runs. Whatever comes of it, its
 * container's end is to be seen to by `endContainer`.
 *
 * @returns the pid of its first process; undefined where the containerizer does not know it.
 * @throws {LaunchError} {UserError} {DiskError} {VolumeError} {IsolatorError}
 */
export async function launchContainer(
  context: RegisteredContext,
  executor: Executor,
  launch: ExecutorLaunch,
): Promise<number | undefined> {
  const { privacy, space } = context;
  const { task, mustBeWanted } = launch;
  executor.hasContainer = true;
  await privacy?.learn(executor);
  if (!launch.written) await writeExecutor(context, executor, task);
  mustBeWanted();
  try {
    executor.pid = await launchWritten(context, executor, launch);
    executor.isLaunched = true;
    return executor.pid;
  } catch (error) {
    space.suspect(error);
    throw error;
  }
}

async function launchWritten(
  context: RegisteredContext,
  executor: Executor,
  { task, executedTask, pauses, variables = [], mustBeWanted, checkpoint }: ExecutorLaunch,
): Promise<number | undefined> {
  const { containerizer, hooks, tokens } = context;
  const { container, directory } = executor;
  // What the agent supervises itself makes no calls.
  const token = executor.isBuiltIn ? undefined : tokens?.tokenOf(executor);
  const launched = launchedExecutor(executor, task);
  const fromHooks = await hookVariables(hooks, launched);
  mustBeWanted();
  const decorateDocker = dockerDecorator(hooks, launched);
  const result = await containerizer.launch(
    container,
    {
      config: containerConfig(executor, launched, task ?? executedTask),
      environment: withVariables(
        {
          ...executorEnvironment(context, executor, task ?? executedTask),
          ...(token !== undefined && { [tokenVariable]: token }),
        },
        fromHooks,
      ),
      variables,
      groups: [...executor.volumeGids.values()],
      ...(pauses && { pauses }),
    },
    {
      keepsEnvironment: task !== undefined && checksRunCommands(task),
      labels: logLabels(context, executor, task ?? executedTask),
      ...(decorateDocker && { decorateDocker }),
      ...(hooks.has('slavePostFetchHook') && { fetched: () => hooks.slavePostFetchHook(container, directory) }),
      ...(checkpoint && { checkpoint }),
    },
  );
  if ('unsupported' in result) throw new LaunchError('INVALID', result.unsupported);
  return result.pid;
}
