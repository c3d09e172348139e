/** Custom executors: processes that a framework brings, and which register with the agent. */
import { join } from 'node:path';
import { LaunchError, type Termination } from '@meseta/containers';
import { formatDuration } from '@meseta/flags';
import type { RegisteredContext } from '../context.ts';
import { updateContainer } from '../isolation/update.ts';
import type { Executor, ExecutorConnection } from '../state/executor.ts';
import type { Framework } from '../state/framework.ts';
import { runIds } from '../state/run-ids.ts';
import { afterUnlessOver } from './after-unless-over.ts';
import { endContainer } from './container-end.ts';
import { deliverQueued } from './deliver.ts';
import { destroyExecutor, executorTerminated, shutdownExecutor } from './end.ts';
import { launchContainer } from './launch.ts';
import { limitOf } from './limit.ts';
import { refusedStatus } from './refused.ts';

/** Launches an executor's process. What fails ends its tasks; nothing is thrown. */
export async function startExecutor(
  context: RegisteredContext,
  framework: Framework,
  executor: Executor,
): Promise<void> {
  if (!(await launchExecutor(context, framework, executor))) return;
  expectRegistration(context, executor);
  watchExecutor(context, framework, executor);
}

/**
 * Launches an executor's container.
 *
 * @returns false when that failed: then its tasks have ended, and the executor, too. Nothing is thrown.
 */
export async function launchExecutor(
  context: RegisteredContext,
  framework: Framework,
  executor: Executor,
): Promise<boolean> {
  try {
    await launch(context, executor);
    return true;
  } catch (error) {
    context.log.warning('Failed to launch an executor', {
      error,
      executor_id: executor.id,
      framework_id: framework.id,
    });
    const { code, limitation } = error instanceof LaunchError ? error : {};
    if (code !== 'DESTROYED') context.metrics.counter('slave/container_launch_errors').increment();
    const message = `Failed to launch container: ${(error as Error).message}`;
    const reason = 'REASON_CONTAINER_LAUNCH_FAILED';
    executor.pendingTermination ??=
      code === 'REFUSED'
        ? { ...refusedStatus, message }
        : { state: 'TASK_FAILED', reason, message, ...(limitation && limitOf(limitation)) };
    await endContainer(context, framework.info, executor, executor.info);
    await executorTerminated(context, framework, executor, undefined);
    return false;
  }
}

async function launch(context: RegisteredContext, executor: Executor): Promise<void> {
  const { agent, disk, paths } = context;
  await Promise.all(executor.decorating.values()); // of the task it is for: in Mesos hooks are asked before
  const writePid = async (pid: number | undefined) => {
    if (pid === undefined) return;
    const path = join(paths.run(paths.meta, agent.id, runIds(executor)), 'pids', 'forked.pid');
    await disk.perform([{ type: 'write', path, data: String(pid) }]);
  };
  const [executedTask] = executor.kind === 'command-process' ? executor.queuedTasks.values() : [];
  await launchContainer(context, executor, {
    ...(executedTask && { executedTask }),
    ...(executor.kind === 'default' && { pauses: true }),
    mustBeWanted: () => mustBeWanted(executor),
    ...(executor.checkpoint && { checkpoint: writePid }),
  });
}

function mustBeWanted({ id, state }: Executor): void {
  if (state === 'REGISTERING') return;
  throw new LaunchError('DESTROYED', `Executor '${id}' was ended while it was being launched`);
}

/** Ends an executor that does not register in time. */
function expectRegistration(context: RegisteredContext, executor: Executor): void {
  const { executor_registration_timeout: timeoutMs } = context.flags;
  afterUnlessOver(context, executor, timeoutMs, () => {
    if (executor.state !== 'REGISTERING') return;
    context.log.warning('Executor did not register in time, ending it', { executor_id: executor.id });
    destroyExecutor(context, executor, {
      state: 'TASK_FAILED',
      reason: 'REASON_EXECUTOR_REGISTRATION_TIMEOUT',
      message: `Executor did not register within ${formatDuration(timeoutMs)}`,
    });
  });
}

/** Waits for the end of an executor's process, whatever the executor's state. */
export function watchExecutor(context: RegisteredContext, framework: Framework, executor: Executor): void {
  const { containerizer, log } = context;
  const { container } = executor;
  const ended = async () => {
    const termination = await containerizer.wait(container);
    if (executor.graceOver) await Promise.race([containerizer.drained(container), executor.graceOver]);
    explain(executor, termination);
    await endContainer(context, framework.info, executor, executor.info); // with descendants which the process left
    await executorTerminated(context, framework, executor, termination?.exit);
  };
  ended().catch(error => log.error('Failed to watch an executor', { error, executor_id: executor.id }));
}

/** Takes what the containerizer says about the end of an executor into the terminal updates of its tasks. */
export function explain(executor: Executor, termination: Termination | undefined): void {
  const { limitation, message } = termination ?? {};
  if (limitation) executor.pendingTermination = { message: limitation.message ?? '', ...limitOf(limitation) };
  else if (message !== undefined) executor.pendingTermination ??= { message };
}

/** Connects an executor that registered or came back, and gives it the tasks that wait for it. */
export async function executorConnected(
  context: RegisteredContext,
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
  context.agent.notify(observer => observer.executorConnected?.(executor));
  // All were killed before it came, or, of a command task, the agent ended before it handed the task over.
  if ((first || executor.isGenerated) && !executor.hasTasks) return shutdownExecutor(context, framework, executor);
  if (!first) await updateContainer(context, executor); // of an earlier agent's, isolators may not know what it has
  await deliverQueued(context, framework, executor);
}
