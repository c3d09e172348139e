/** How executors end: asked to, by themselves, or by force; and what becomes of their tasks. */
import { type ExitStatus, toWaitStatus } from '@meseta/containers';
import { ExitedExecutorMessage } from '@meseta/protocol';
import type { RegisteredContext } from '../context.ts';
import { settle } from '../settle.ts';
import type { Executor, PendingTermination } from '../state/executor.ts';
import type { Framework } from '../state/framework.ts';
import { sendAgentStatus } from '../task-updates.ts';
import { afterUnlessOver } from './after-unless-over.ts';
import { exitFields } from './exit-fields.ts';

const milliseconds = 1_000_000;

/** Returns how long an executor may take to end after the request to shut down, in milliseconds. */
export function shutdownGraceMs({ flags }: RegisteredContext, { info }: Executor): number {
  const grace = info.shutdown_grace_period?.nanoseconds;
  return grace === undefined ? flags.executor_shutdown_grace_period : grace / milliseconds;
}

/**
 * Asks an executor to end, and ends it by force when it has not after its grace period, which is also its descendants':
 * one may be a wrapper that ends before them.
 */
export function shutdownExecutor(context: RegisteredContext, framework: Framework, executor: Executor): void {
  if (executor.state === 'TERMINATING' || executor.state === 'TERMINATED') return;
  context.log.info('Shutting down executor', { executor_id: executor.id, framework_id: framework.id });
  executor.state = 'TERMINATING';
  executor.connection?.shutdown();
  const { promise, resolve } = Promise.withResolvers<void>();
  executor.graceOver = promise;
  afterUnlessOver(context, executor, executor.connection ? shutdownGraceMs(context, executor) : 0, () => {
    resolve();
    if (executor.state === 'TERMINATING') destroyContainer(context, executor);
  });
}

/** Ends an executor by force, now. @param why what its tasks' terminal updates say. */
export function destroyExecutor(context: RegisteredContext, executor: Executor, why: PendingTermination): void {
  if (executor.state === 'TERMINATED') return;
  executor.state = 'TERMINATING';
  executor.pendingTermination ??= why;
  executor.connection?.destroyed?.();
  destroyContainer(context, executor);
}

/** Ends what runs of a container, or is done to launch it. */
function destroyContainer({ containerizer }: RegisteredContext, executor: Executor): void {
  executor.graceOver = undefined;
  void containerizer.destroy(executor.container);
}

/**
 * Handles the end of a custom executor's container, or its failed launch: ends its tasks and reports that to the
 * master; then the container may be removed.
 *
 * @param exit undefined when nothing is known of the container.
 */
export async function executorTerminated(
  context: RegisteredContext,
  framework: Framework,
  executor: Executor,
  exit: ExitStatus | undefined,
): Promise<void> {
  if (executor.state === 'TERMINATED') return;
  const { agent, containerizer, log } = context;
  log.info('Executor terminated', { executor_id: executor.id, framework_id: framework.id, ...exitFields(exit) });
  executor.state = 'TERMINATED';
  executor.connection?.close();
  const { state, reason, message, limitation } = executor.pendingTermination ?? {};
  const sent = [...executor.queuedTasks.keys(), ...executor.launchedTasks.keys()].map(taskId =>
    sendAgentStatus(context, framework, taskId, executor, {
      state: state ?? 'TASK_FAILED',
      reason: reason ?? 'REASON_EXECUTOR_TERMINATED',
      message: message ?? (exit ? describeExecutorEnd(exit) : 'Abnormal executor termination: unknown container'),
      ...(limitation && { limitation }),
      unlaunched: exit === undefined || exit.kind === 'not-started',
    }),
  );
  agent.notify(observer => observer.executorTerminated?.(executor));
  // The master knows no executor that was made for a command task.
  if (!executor.isGenerated) sendExited(context, framework, executor, exit);
  settle(context, framework, executor);
  await Promise.all(sent);
  await containerizer.remove(executor.container);
}

function sendExited(
  { agent, messages }: RegisteredContext,
  framework: Framework,
  executor: Executor,
  exit: ExitStatus | undefined,
): void {
  const message = {
    agent_id: { value: agent.id },
    framework_id: { value: framework.id },
    executor_id: { value: executor.id },
    status: (exit && toWaitStatus(exit)) ?? -1,
  };
  if (agent.state === 'RUNNING') messages.sendToMaster(ExitedExecutorMessage, message);
  else agent.untoldExits.push(message);
}

/** Returns how an executor ended, as messages of its tasks' statuses say it. */
export function describeExecutorEnd(exit: ExitStatus): string {
  switch (exit.kind) {
    case 'exited':
      return `Executor exited with status ${exit.code}`;
    case 'signaled':
      return `Executor terminated with signal ${exit.signal}`;
    default:
      return 'Executor terminated';
  }
}
