/** Restores the agent's state from what was read. */
import { checkId, isTerminal, type Task } from '@meseta/protocol';
import type { RegisteredContext } from '../context.ts';
import { addFramework } from '../frameworks.ts';
import { Executor } from '../state/executor.ts';
import { Framework } from '../state/framework.ts';
import { recordForwarded, recordStatus, toTask } from '../state/task.ts';
import type { ExecutorRecord, FrameworkRecord } from './read.ts';
import type { TaskRecord } from './read-task.ts';

/** An executor in the restored state, and what was read about it. */
export interface Restored {
  readonly framework: Framework;
  readonly executor: Executor;
  readonly record: ExecutorRecord;
}

/** Makes a framework and its executors anew. Their containers are not looked at yet. */
export function restoreFramework(context: RegisteredContext, record: FrameworkRecord): Restored[] {
  const { flags } = context;
  const framework = new Framework(record.id, record.info, record.pid, flags.max_completed_executors_per_framework);
  addFramework(context, framework);
  return record.executors.map(each => {
    const executor = restoreExecutor(context, framework, each);
    framework.executors.set(executor.id, executor);
    context.agent.notify(observer => observer.executorAdded?.(executor));
    for (const task of each.tasks) restoreTask(context, framework, executor, task);
    return { framework, executor, record: each };
  });
}

function restoreExecutor(
  { agent, paths, flags }: RegisteredContext,
  framework: Framework,
  { ids, info, kind, speaksHttp, tasks }: ExecutorRecord,
): Executor {
  const command = kind === 'command' ? tasks[0]?.info.command : info.command;
  const executor = new Executor({
    id: ids.executorId,
    frameworkId: ids.frameworkId,
    info,
    containerId: ids.containerId,
    directory: paths.sandbox(agent.id, ids),
    user: flags.switch_user ? (command?.user ?? framework.info.user) : undefined,
    kind,
    checkpoint: true,
  });
  executor.speaksHttp = speaksHttp;
  return executor;
}

function restoreTask(
  { agent }: RegisteredContext,
  framework: Framework,
  executor: Executor,
  { info, updates, lastForwarded, closed }: TaskRecord,
): void {
  const id = checkId(info.task_id.value);
  const task: Task = toTask(info, executor);
  for (const { status } of updates) recordStatus(task, status);
  if (lastForwarded) recordForwarded(task, lastForwarded);
  if (closed) return executor.completedTasks.add(id, task);
  framework.executorsByTask.set(id, executor);
  (isTerminal(task.state) ? executor.terminatedTasks : executor.launchedTasks).set(id, task);
  agent.notify(observer => observer.taskAdded?.(task, executor));
}
