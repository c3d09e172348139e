/**
 * Handles a task to run. Each failed check is answered with a status update; tasks of frameworks that are being removed
 * are not answered.
 */

import { asks } from '@meseta/daemon';
import { checkId, type RunTaskMessage, TaskInfo } from '@meseta/protocol';
import { convertMessage } from '@meseta/resources';
import type { RegisteredContext } from '../context.ts';
import { BuiltInExecutor } from '../executors/built-in/built-in-executor.ts';
import { commandExecutor } from '../executors/built-in/command-executor.ts';
import { deliver } from '../executors/deliver.ts';
import { executorFor, executorOf } from '../executors/executor-info.ts';
import { decorateLabels } from '../isolation/decorate-labels.ts';
import type { Executor } from '../state/executor.ts';
import type { Framework } from '../state/framework.ts';
import { launchProblem } from './launch-checks.ts';
import { addExecutor, placeOf, refuse, refuseUnauthorized, reportNotLaunched, run, start } from './launching.ts';
import { runGroup } from './run-task-group.ts';

/** Runs a task on its executor, or on a new one when it has none. */
export function runTask(context: RegisteredContext, message: RunTaskMessage): void {
  const framework = placeOf(context, message.framework, message.pid, [message.task]);
  if (!framework) return;
  const task = convertMessage(TaskInfo, message.task, 'post');
  const { launch_executor: launchExecutor, resource_version_uuids: versions } = message;
  // In Mesos a default executor ends when it gets a single task, with all its other tasks.
  if (task.executor?.type === 'DEFAULT') {
    return runGroup(context, framework, { tasks: [task], executor: task.executor, launchExecutor, versions });
  }
  const taskId = checkId(task.task_id.value);
  if (framework.executorsByTask.has(taskId)) {
    context.log.warning('Ignored a task that is here already', { task_id: taskId, framework_id: framework.id });
    return;
  }
  const { id, info } = executorOf(task, framework.id, context.flags.default_container_info);
  const existing = framework.executors.get(id);
  const executorResources = task.executor && (task.executor.resources ?? []);
  const launch = { tasks: [task], executorResources, existing, launchExecutor, versions };
  const problem = launchProblem(context, framework, launch);
  if (problem) {
    if (launchExecutor && task.executor) reportNotLaunched(context, framework, id);
    return refuse(context, framework, [taskId], problem);
  }
  context.log.info('Launching task', { task_id: taskId, framework_id: framework.id, executor_id: id });
  const queue = (executor: Executor) => {
    executor.queuedTasks.set(taskId, task);
    framework.executorsByTask.set(taskId, executor);
  };
  if (existing) {
    queue(existing);
    run(context, handOver(context, framework, existing, task));
    return;
  }
  const executor = addExecutor(context, framework, id, executorFor(context, task, info), queue);
  if (executor.kind === 'command') {
    return run(context, new BuiltInExecutor({ context, framework, executor }, commandExecutor).start(task));
  }
  run(context, handOver(context, framework, executor, task));
  run(context, start(context, framework, executor));
}

/** Asks for RUN_TASK for the task, and answers the framework when it is denied. */
export const runTaskAccess = {
  ...asks('RUN_TASK', ({ task, framework }: RunTaskMessage) => [{ task_info: task, framework_info: framework }]),
  refuse(context: RegisteredContext, { framework: info, pid, task, launch_executor }: RunTaskMessage) {
    const framework = placeOf(context, info, pid, [task]);
    if (!framework) return;
    if (launch_executor && task.executor) {
      reportNotLaunched(context, framework, checkId(task.executor.executor_id.value));
    }
    refuseUnauthorized(context, framework, [task], 'REASON_TASK_UNAUTHORIZED');
  },
};

/** Sends a queued task to its executor, if that is registered; otherwise the executor gets it when it registers. */
async function handOver(
  context: RegisteredContext,
  framework: Framework,
  executor: Executor,
  task: TaskInfo,
): Promise<void> {
  const decorated = decorateLabels(context, framework, executor, task);
  const ready = decorated ? await decorated : task;
  if (executor.state === 'RUNNING') await deliver(context, framework, executor, [ready]);
}
