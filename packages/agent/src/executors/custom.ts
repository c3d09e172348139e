/** Custom executors: processes that a framework brings, and which register with the agent. */
import { join } from 'node:path';
import { type ExitStatus, LaunchError } from '@meseta/containers';
import type { TaskInfo } from '@meseta/protocol';
import type { AgentContext } from '../context.ts';
import type { TaskId } from '../ids.ts';
import type { Executor, ExecutorConnection } from '../state/executor.ts';
import type { Framework } from '../state/framework.ts';
import { droppedState, markLaunched, tellStatus } from '../task-updates.ts';
import { destroyExecutor, executorTerminated, shutdownExecutor } from './end.ts';
import { executorEnvironment } from './environment.ts';
import { fetchUris } from './fetch.ts';
import { launchProblem } from './launch-problem.ts';
import { program } from './program.ts';
import { runIds } from './run.ts';
import { writeExecutor, writeTask } from './start-operations.ts';

/** Launches an executor's process. What fails ends its tasks; nothing is thrown. */
export async function startExecutor(context: AgentContext, framework: Framework, executor: Executor): Promise<void> {
  try {
    await launch(context, executor);
  } catch (error) {
    context.log.warning('Failed to launch an executor', {
      error,
      executor_id: executor.id,
      framework_id: framework.id,
    });
    const destroyed = error instanceof LaunchError && error.code === 'DESTROYED';
    if (!destroyed) context.metrics.counter('slave/container_launch_errors').increment();
    const message = `Failed to launch container: ${(error as Error).message}`;
    executor.pendingTermination ??= { state: 'TASK_FAILED', reason: 'REASON_CONTAINER_LAUNCH_FAILED', message };
    await executorTerminated(context, framework, executor, undefined);
    return;
  }
  expectRegistration(context, executor);
  watchExecutor(context, framework, executor);
}

async function launch(context: AgentContext, executor: Executor): Promise<void> {
  const { agent, disk, launcher, paths } = context;
  const command = executor.info.command ?? {};
  if (agent.id === undefined) throw new LaunchError('INVALID', 'The agent has no id yet');
  await writeExecutor(context, agent.id, executor, undefined);
  const problem = launchProblem(command, executor.info.container);
  if (problem !== undefined) throw new LaunchError('INVALID', problem);
  mustBeWanted(executor);
  await fetchUris(context, executor, command);
  mustBeWanted(executor);
  const pidPath = join(paths.run(paths.meta, agent.id, runIds(executor)), 'pids', 'forked.pid');
  const { pid } = await launcher.launch(executor.containerId, {
    ...program(command),
    environment: executorEnvironment(context, executor, command),
    workingDirectory: executor.directory,
    stdout: join(executor.directory, 'stdout'),
    stderr: join(executor.directory, 'stderr'),
    ...(executor.user === undefined ? {} : { user: executor.user }),
    ...(executor.checkpoint
      ? { checkpoint: pid => disk.perform([{ type: 'write', path: pidPath, data: String(pid) }]) }
      : {}),
  });
  executor.pid = pid;
}

/** Fetcher and launcher can end only what they have been given. */
function mustBeWanted({ id, state }: Executor): void {
  if (state === 'REGISTERING') return;
  throw new LaunchError('DESTROYED', `Executor '${id}' was ended while it was being launched`);
}

/** Ends an executor that does not register in time. */
function expectRegistration(context: AgentContext, executor: Executor): void {
  const { executor_registration_timeout: timeoutMs } = context.flags;
  context.clock.after(timeoutMs, () => {
    if (executor.state !== 'REGISTERING') return;
    context.log.warning('Executor did not register in time, ending it', { executor_id: executor.id });
    destroyExecutor(context, executor, {
      state: 'TASK_FAILED',
      reason: 'REASON_EXECUTOR_REGISTRATION_TIMEOUT',
      message: `Executor did not register within ${timeoutMs / 1000} seconds`,
    });
  });
}

/** Waits for the end of an executor's process, whatever the executor's state. */
export function watchExecutor(context: AgentContext, framework: Framework, executor: Executor): void {
  const { launcher, log } = context;
  const ended = async () => {
    const exit: ExitStatus | undefined = await launcher.wait(executor.containerId);
    await launcher.destroy(executor.containerId); // descendants which the process left
    await executorTerminated(context, framework, executor, exit);
  };
  ended().catch(error => log.error('Failed to watch an executor', { error, executor_id: executor.id }));
}

/** An executor registered or came back: it gets the tasks that wait for it. */
export async function executorConnected(
  context: AgentContext,
  framework: Framework,
  executor: Executor,
  connection: ExecutorConnection,
): Promise<void> {
  executor.connection?.close();
  executor.connection = connection;
  const first = executor.state === 'REGISTERING';
  if (first) executor.state = 'RUNNING';
  context.log.info('Executor registered', {
    executor_id: executor.id,
    framework_id: framework.id,
    kind: connection.kind,
  });
  if (first && !executor.hasTasks) return shutdownExecutor(context, framework, executor); // all killed before it came
  await deliver(context, framework, executor, [...executor.queuedTasks.values()]);
}

/** Hands queued tasks to a running executor, each after it is written down. Tasks killed meanwhile are left out. */
export async function deliver(
  context: AgentContext,
  framework: Framework,
  executor: Executor,
  tasks: readonly TaskInfo[],
): Promise<void> {
  for (const task of tasks) {
    const taskId = task.task_id.value as TaskId;
    try {
      if (context.agent.id !== undefined) await writeTask(context, context.agent.id, executor, task);
    } catch (error) {
      context.log.error('Failed to hand a task to its executor', { error, task_id: taskId });
      const message = `Failed to prepare the task: ${(error as Error).message}`;
      const state = droppedState(framework);
      await tellStatus(context, framework, taskId, executor, {
        state,
        reason: 'REASON_CONTAINER_LAUNCH_FAILED',
        message,
      });
      continue;
    }
    if (executor.state !== 'RUNNING' || !executor.connection || !executor.queuedTasks.has(taskId)) continue;
    markLaunched(context, executor, task);
    executor.connection.launch(task);
  }
}
