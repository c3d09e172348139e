/** Moves tasks and executors to the history when all their updates are acknowledged. */

import { join } from 'node:path';
import { checkId, type TaskId, type WireId } from '@meseta/protocol';
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
  if (executor.checkpoint && !executor.isGenerated) renewTask(context, executor, checkId(taskId));
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
  writeEnd(context, framework, executor);
  removeIfIdle(context, framework);
}

/**
 * Marks the run as one that recovery skips. The time for which its directories are kept begins now, and is set first: when
 * the agent is killed before the mark, the next one does both again.
 */
function writeEnd({ agent, disk, paths, log }: RegisteredContext, framework: Framework, executor: Executor): void {
  const ids = runIds(executor);
  const sentinel = join(paths.run(paths.meta, agent.id, ids), 'executor.sentinel');
  const roots = [paths.workDirectory, ...(executor.checkpoint ? [paths.meta] : [])];
  const directories = roots.flatMap(root => [
    paths.run(root, agent.id, ids),
    paths.executor(root, agent.id, ids),
    ...(framework.executors.size === 0 ? [paths.framework(root, agent.id, framework.id)] : []),
  ]);
  disk
    .perform([
      ...directories.map(path => ({ type: 'renew', path }) as const),
      ...(executor.checkpoint ? [{ type: 'touch', path: sentinel } as const] : []),
    ])
    .catch(error => log.error('Failed to mark an executor as completed', { error, executor_id: executor.id }));
}

function renewTask({ agent, disk, paths, log }: RegisteredContext, executor: Executor, taskId: TaskId): void {
  disk
    .perform([{ type: 'renew', path: paths.task(agent.id, runIds(executor), taskId) }])
    .catch(error => log.warning('The checkpoint of a task may be removed too early', { error, task_id: taskId }));
}
