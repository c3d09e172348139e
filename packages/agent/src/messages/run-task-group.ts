/**
 * Handles a task group to run, on a default executor or on one that the framework brings. Its tasks are launched together
 * or not at all: a check that fails for one of them is the answer for each.
 */
import { asks } from '@meseta/daemon';
import {
  checkId,
  ExecutorInfo,
  type ResourceVersionUUID,
  type RunTaskGroupMessage,
  type TaskId,
  TaskInfo,
} from '@meseta/protocol';
import { convertMessage } from '@meseta/resources';
import type { RegisteredContext } from '../context.ts';
import { deliverGroup } from '../executors/deliver.ts';
import { describedExecutor, describedKind } from '../executors/executor-info.ts';
import { decorateLabels } from '../isolation/decorate-labels.ts';
import type { Executor } from '../state/executor.ts';
import type { Framework } from '../state/framework.ts';
import { launchProblem } from './launch-checks.ts';
import { addExecutor, placeOf, refuse, refuseUnauthorized, reportNotLaunched, run, start } from './launching.ts';

/** A group of tasks, and the executor that they are for. */
export interface GroupLaunch {
  readonly tasks: readonly TaskInfo[];
  readonly executor: ExecutorInfo;
  readonly launchExecutor: boolean | undefined;
  readonly versions: readonly ResourceVersionUUID[] | undefined;
}

/** Runs a task group on its executor, or on a new one. */
export function runTaskGroup(context: RegisteredContext, message: RunTaskGroupMessage): void {
  const framework = placeOfGroup(context, message);
  if (!framework) return;
  const { task_group, launch_executor: launchExecutor, resource_version_uuids: versions } = message;
  const tasks = (task_group.tasks ?? []).map(task => convertMessage(TaskInfo, task, 'post'));
  const executor = convertMessage(ExecutorInfo, message.executor, 'post');
  runGroup(context, framework, { tasks, executor, launchExecutor, versions });
}

/** Runs a group of tasks whose ids are checked. */
export function runGroup(context: RegisteredContext, framework: Framework, launch: GroupLaunch): void {
  const { flags, log } = context;
  const { tasks, launchExecutor, versions } = launch;
  const taskIds = tasks.map(({ task_id }) => checkId<'task'>(task_id.value));
  const { id, info } = describedExecutor(launch.executor, framework.id, flags.default_container_info);
  const known = taskIds.find(
    (taskId, index) => framework.executorsByTask.has(taskId) || taskIds.indexOf(taskId) < index,
  );
  if (known !== undefined || taskIds.length === 0) {
    log.warning('Ignored a task group that is empty or has a task that is here already', {
      ...{ task_id: known, executor_id: id, framework_id: framework.id },
    });
    return;
  }
  const existing = framework.executors.get(id);
  const executorResources = info.resources ?? [];
  const problem = launchProblem(context, framework, { tasks, executorResources, existing, launchExecutor, versions });
  if (problem) {
    if (launchExecutor) reportNotLaunched(context, framework, id);
    return refuse(context, framework, taskIds, problem);
  }
  log.info('Launching task group', { task_ids: taskIds, framework_id: framework.id, executor_id: id });
  const queue = (executor: Executor) => queueGroup(framework, executor, tasks, taskIds);
  if (existing) {
    queue(existing);
    return run(context, handOver(context, framework, existing, taskIds));
  }
  const described = { kind: describedKind(info), info, user: info.command?.user };
  const executor = addExecutor(context, framework, id, described, queue);
  run(context, handOver(context, framework, executor, taskIds));
  run(context, start(context, framework, executor));
}

/** RUN_TASK for each task of a group: one no is a no to all. */
export const runTaskGroupAccess = {
  ...asks('RUN_TASK', ({ task_group, framework }: RunTaskGroupMessage) =>
    (task_group.tasks ?? []).map(task => ({ task_info: task, framework_info: framework })),
  ),
  refuse(context: RegisteredContext, message: RunTaskGroupMessage) {
    const framework = placeOfGroup(context, message);
    if (!framework) return;
    const { executor, task_group, launch_executor } = message;
    if (launch_executor) reportNotLaunched(context, framework, checkId(executor.executor_id.value));
    refuseUnauthorized(context, framework, task_group.tasks ?? [], 'REASON_TASK_GROUP_UNAUTHORIZED');
  },
};

function placeOfGroup(context: RegisteredContext, message: RunTaskGroupMessage): Framework | undefined {
  const { framework, executor, task_group } = message;
  const named = (task_group.tasks ?? []).map(({ task_id }) => ({ task_id, executor }));
  return placeOf(context, framework, undefined, named);
}

function queueGroup(
  framework: Framework,
  executor: Executor,
  tasks: readonly TaskInfo[],
  taskIds: readonly TaskId[],
): void {
  for (const [index, taskId] of taskIds.entries()) {
    const task = tasks[index];
    if (!task) continue;
    executor.queuedTasks.set(taskId, task);
    framework.executorsByTask.set(taskId, executor);
  }
  executor.queuedGroups.add(taskIds);
}

/** Sends a queued group to its executor, if that is registered; otherwise the executor gets it when it registers. */
async function handOver(
  context: RegisteredContext,
  framework: Framework,
  executor: Executor,
  group: readonly TaskId[],
): Promise<void> {
  const tasks = group.map(taskId => executor.queuedTasks.get(taskId)).filter(task => task !== undefined);
  await Promise.all(tasks.map(task => decorateLabels(context, framework, executor, task)));
  if (executor.state === 'RUNNING') await deliverGroup(context, framework, executor, group);
}
