import type { KillPolicy, KillTaskMessage, WireId } from '@meseta/protocol';
import type { RegisteredContext } from '../context.ts';
import { destroyExecutor } from '../executors/end.ts';
import type { Executor } from '../state/executor.ts';
import type { Framework } from '../state/framework.ts';
import { droppedState, sendAgentStatus } from '../task-updates.ts';

/** Kills a task at the master's request. */
export function killTask(context: RegisteredContext, message: KillTaskMessage): void {
  const framework = context.agent.frameworks.get(message.framework_id.value);
  const taskId = message.task_id.value;
  if (framework?.state !== 'RUNNING') {
    context.log.warning('Ignored the kill of a task of an unknown framework', { task_id: taskId });
    return;
  }
  kill(context, framework, taskId, message.kill_policy);
}

/**
 * Kills a task: passes the kill to its executor, or removes the task from the queue when the executor cannot get it
 * yet.
 *
 * @see Mesos src/slave/slave.cpp, Slave::killTask
 */
export function kill(
  context: RegisteredContext,
  framework: Framework,
  taskId: WireId<'task'>,
  killPolicy: KillPolicy | undefined,
): void {
  context.log.info('Killing task', { task_id: taskId, framework_id: framework.id });
  const failed = (error: unknown) => context.log.error('Failed to kill a task', { error, task_id: taskId });
  const executor = framework.executorsByTask.get(taskId);
  if (!executor) {
    const state = droppedState(framework);
    const reason = 'REASON_EXECUTOR_TERMINATED';
    sendAgentStatus(context, framework, taskId, undefined, { state, reason, message: 'Unknown executor' }).catch(
      failed,
    );
    return;
  }
  if (executor.terminatedTasks.has(taskId)) return;
  if (executor.queuedTasks.has(taskId) && executor.kind !== 'command') {
    killQueued(context, framework, executor, taskId).catch(failed);
    return;
  }
  executor.connection?.kill(taskId, killPolicy);
}

/** Ends a task that its executor has not got, with the group that it is in. */
async function killQueued(
  context: RegisteredContext,
  framework: Framework,
  executor: Executor,
  taskId: WireId<'task'>,
): Promise<void> {
  const group = executor.queuedGroup(taskId);
  const reason = 'REASON_TASK_KILLED_DURING_LAUNCH';
  const message = group
    ? 'A task within the task group was killed before delivery to the executor'
    : 'A kill task request was received before the task was delivered to the executor';
  const sent = (group ?? [taskId]).map(each =>
    sendAgentStatus(context, framework, each, executor, { state: 'TASK_KILLED', reason, message }),
  );
  const idle = executor.queuedTasks.size === 0 && executor.launchedTasks.size === 0;
  // Its only tasks were removed before the executor registered, so it need not run.
  if (idle && executor.state === 'REGISTERING') destroyExecutor(context, executor, { state: 'TASK_KILLED', reason });
  await Promise.all(sent);
}
