/** Moves tasks and executors to the history when all their updates are acknowledged. */

import { join } from 'node:path';
import { checkId, type WireId } from '@meseta/protocol';
import type { RegisteredContext } from './context.ts';
import { finishDraining } from './draining.ts';
import { removeIfIdle } from './frameworks.ts';
import type { Executor } from './state/executor.ts';
import type { Framework } from './state/framework.ts';
import { runIds } from './state/run-ids.ts';

/** Moves a terminal task without unacknowledged updates to its executor's history. */
export function completeTask(
  context: RegisteredContext,
  framework: Framework,
  executor: Executor,
  taskId: WireId<'task'>,
): void {
  const task = executor.terminatedTasks.get(taskId);
  if (!task) return;
  executor.terminatedTasks.delete(taskId);
  executor.completedTasks.add(checkId(taskId), task);
  framework.executorsByTask.delete(taskId);
  settle(context, framework, executor);
  finishDraining(context);
}

/**
 * Moves an executor to its framework's history when it has ended, its container is cleaned up, and its tasks have no
 * unacknowledged updates.
 */
export function settle(context: RegisteredContext, framework: Framework, executor: Executor): void {
  if (executor.state !== 'TERMINATED' || (executor.containerEnd && !executor.isEndOver)) return;
  if (framework.state === 'TERMINATING') {
    for (const taskId of [...executor.terminatedTasks.keys()]) completeTask(context, framework, executor, taskId);
  }
  if (executor.hasTasks || framework.executors.get(executor.id) !== executor) return;
  framework.executors.delete(executor.id);
  framework.completedExecutors.add(executor.containerId, executor);
  executor.connection?.close();
  executor.connection = undefined;
  writeSentinel(context, executor);
  removeIfIdle(context, framework);
}

/** Recovery skips runs with a sentinel. */
function writeSentinel({ agent, disk, paths, log }: RegisteredContext, executor: Executor): void {
  if (!executor.checkpoint) return;
  const path = join(paths.run(paths.meta, agent.id, runIds(executor)), 'executor.sentinel');
  disk
    .perform([{ type: 'touch', path }])
    .catch(error => log.error('Failed to mark an executor as completed', { error, executor_id: executor.id }));
}
