import { isTerminal, type TaskStatus } from '@meseta/protocol';
import type { RegisteredContext } from '../context.ts';
import type { Executor } from '../state/executor.ts';
import type { Framework } from '../state/framework.ts';
import { takeStatus } from '../task-updates.ts';
import { shutdownExecutor } from './end.ts';

/**
 * Tells whether a status of an executor can be held in memory until its framework acknowledges it. A terminal status is
 * always held: a task has one only, and would keep its resources without it.
 */
export function hasRoom(
  { statusUpdates }: RegisteredContext,
  framework: Framework,
  executor: Executor,
  status: TaskStatus,
): boolean {
  return isTerminal(status.state) || statusUpdates.hasRoom(framework.id, executor.id, status);
}

/**
 * Takes a status from an executor process, by either protocol. An executor that sends TASK_STAGING is shut down,
 * because executors must not send that state.
 */
export async function receiveStatus(
  context: RegisteredContext,
  framework: Framework,
  executor: Executor,
  status: TaskStatus & { readonly uuid: string },
): Promise<void> {
  if (status.state !== 'TASK_STAGING') {
    if (hasRoom(context, framework, executor, status)) return takeStatus(context, framework, executor, status);
    context.metrics.counter('slave/invalid_status_updates').increment();
    return;
  }
  context.log.error('Shutting down an executor that sent TASK_STAGING, which executors must not send', {
    executor_id: executor.id,
    framework_id: framework.id,
  });
  context.metrics.counter('slave/invalid_status_updates').increment();
  shutdownExecutor(context, framework, executor);
}
