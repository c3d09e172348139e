/**
 * Handles a task to run. Each failed check is answered with a status update; tasks of frameworks that are being removed
 * are not answered.
 */

import { asks } from '@meseta/daemon';
import {
  checkId,
  type ExecutorId,
  ExitedExecutorMessage,
  type FrameworkInfo,
  InvalidIdError,
  type ResourceVersionUUID,
  type RunTaskGroupMessage,
  type RunTaskMessage,
  type TaskId,
  TaskInfo,
  type TaskStatusReason,
} from '@meseta/protocol';
import { convertMessage, Resources } from '@meseta/resources';
import type { RegisteredContext } from '../context.ts';
import { BuiltInExecutor } from '../executors/built-in/built-in-executor.ts';
import { commandExecutor } from '../executors/built-in/command-executor.ts';
import { deliver, startExecutor } from '../executors/custom.ts';
import { executorFor, executorOf, type NewExecutor } from '../executors/executor-info.ts';
import { frameworkFor, removeIfIdle } from '../frameworks.ts';
import { newContainerId } from '../ids.ts';
import { decorateLabels } from '../isolation/decorate-labels.ts';
import { Executor } from '../state/executor.ts';
import type { Framework } from '../state/framework.ts';
import { type AgentStatus, droppedState, sendAgentStatus } from '../task-updates.ts';

/** Runs a task on its executor, or on a new one when it has none. */
export function runTask(context: RegisteredContext, message: RunTaskMessage): void {
  const place = placeOf(context, message.framework, message.pid, [message.task]);
  if (!place) return;
  const task = convertMessage(TaskInfo, message.task, 'post');
  const taskId = checkId(task.task_id.value);
  const { framework } = place;
  if (framework.executorsByTask.has(taskId)) {
    context.log.warning('Ignored a task that is here already', { task_id: taskId, framework_id: framework.id });
    return;
  }
  const { id, info } = executorOf(task, framework.id, context.flags.default_container_info);
  const existing = framework.executors.get(id);
  const problem =
    drainingProblem(context, framework) ??
    versionProblem(context, framework, message.resource_version_uuids) ??
    resourceProblem(context, framework, task, existing) ??
    executorProblem(framework, existing, task, message.launch_executor);
  if (problem) {
    reportNotLaunched(context, framework, message);
    return refuse(context, framework, [taskId], problem);
  }
  context.log.info('Launching task', { task_id: taskId, framework_id: framework.id, executor_id: id });
  if (existing) {
    existing.queuedTasks.set(taskId, task);
    framework.executorsByTask.set(taskId, existing);
    run(context, handOver(context, framework, existing, task));
    return;
  }
  const executor = newExecutor(context, framework, id, executorFor(context, task, info));
  executor.queuedTasks.set(taskId, task);
  framework.executorsByTask.set(taskId, executor);
  framework.executors.set(id, executor);
  context.agent.notify(observer => observer.executorAdded?.(executor));
  if (executor.kind === 'command') {
    return run(context, new BuiltInExecutor({ context, framework, executor }, commandExecutor).start(task));
  }
  run(context, handOver(context, framework, executor, task));
  run(context, startExecutor(context, framework, executor));
}

/** Asks for RUN_TASK for the task, and answers the framework when it is denied. */
export const runTaskAccess = {
  ...asks('RUN_TASK', ({ task, framework }: RunTaskMessage) => [{ task_info: task, framework_info: framework }]),
  refuse(context: RegisteredContext, message: RunTaskMessage) {
    const { framework: info, pid, task } = message;
    const framework = placeOf(context, info, pid, [task])?.framework;
    if (!framework) return;
    reportNotLaunched(context, framework, message);
    refuseUnauthorized(context, framework, [task], 'REASON_TASK_UNAUTHORIZED');
  },
};

/** RUN_TASK for each task of a group: one no is a no to all. */
export const runTaskGroupAccess = {
  ...asks('RUN_TASK', ({ task_group, framework }: RunTaskGroupMessage) =>
    (task_group.tasks ?? []).map(task => ({ task_info: task, framework_info: framework })),
  ),
  refuse(context: RegisteredContext, { framework: info, task_group: { tasks = [] } }: RunTaskGroupMessage) {
    const framework = placeOf(context, info, undefined, tasks)?.framework;
    if (framework) refuseUnauthorized(context, framework, tasks, 'REASON_TASK_GROUP_UNAUTHORIZED');
  },
};

function refuseUnauthorized(
  context: RegisteredContext,
  framework: Framework,
  tasks: readonly TaskInfo[],
  reason: TaskStatusReason,
): void {
  const { info } = framework;
  const ids = tasks.map(({ task_id }) => checkId(task_id.value));
  const users = new Set(tasks.map(({ command, executor }) => command?.user ?? executor?.command?.user ?? info.user));
  const message = `Not authorized to launch as user '${[...users].join("', '")}'`;
  refuse(context, framework, ids, { state: 'TASK_ERROR', reason, message });
}

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

/** Refuses a task group, because pods are not built yet: every task of the group gets an error. */
export function runTaskGroup(context: RegisteredContext, message: RunTaskGroupMessage): void {
  const tasks = message.task_group.tasks ?? [];
  const place = placeOf(context, message.framework, undefined, tasks);
  if (!place) return;
  const ids = tasks.map(({ task_id }) => checkId(task_id.value));
  refuse(context, place.framework, ids, {
    state: 'TASK_ERROR',
    reason: 'REASON_TASK_GROUP_INVALID',
    message: 'This agent runs no task groups yet: pods come with a later release',
  });
}

/** The framework to run tasks for; undefined when it is going, or ids are not fit to be directories. */
function placeOf(
  context: RegisteredContext,
  info: FrameworkInfo,
  pid: string | undefined,
  tasks: readonly TaskInfo[],
): { framework: Framework } | undefined {
  const { agent, log } = context;
  if (agent.state === 'TERMINATING') return undefined;
  try {
    for (const { task_id, executor } of tasks) {
      checkId(task_id.value);
      if (executor) checkId(executor.executor_id.value);
    }
    const framework = frameworkFor(context, checkId(info.id?.value ?? ''), info, pid);
    return framework.state === 'TERMINATING' ? undefined : { framework };
  } catch (error) {
    if (!(error instanceof InvalidIdError)) throw error;
    log.warning('Ignored a task with an id that cannot be a directory', { error });
    return undefined;
  }
}

function newExecutor(
  { agent, paths, flags }: RegisteredContext,
  framework: Framework,
  id: ExecutorId,
  { kind, info, user }: NewExecutor,
): Executor {
  const containerId = newContainerId();
  const ids = { frameworkId: framework.id, executorId: id, containerId };
  return new Executor({
    id,
    frameworkId: framework.id,
    info,
    containerId,
    directory: paths.sandbox(agent.id, ids),
    user: flags.switch_user ? (user ?? framework.info.user) : undefined,
    kind,
    checkpoint: framework.checkpoint,
  });
}

function drainingProblem({ agent }: RegisteredContext, framework: Framework): AgentStatus | undefined {
  const message = 'Task was received while agent was already draining';
  return agent.draining && dropped(framework, 'REASON_AGENT_DRAINING', message);
}

/** Returns why a launch is refused that was planned on an older version of the agent's resources. */
function versionProblem(
  { agent }: RegisteredContext,
  framework: Framework,
  versions: readonly ResourceVersionUUID[] | undefined,
): AgentStatus | undefined {
  const own = versions?.find(({ resource_provider_id }) => resource_provider_id === undefined);
  if (!own || own.uuid.value === agent.resourceVersion) return undefined;
  return dropped(framework, 'REASON_INVALID_OFFERS', 'Task assumes outdated resource state');
}

/** Checks that the agent knows the reservations and volumes of a task. */
function resourceProblem(
  { agent }: RegisteredContext,
  framework: Framework,
  task: TaskInfo,
  existing: Executor | undefined,
): AgentStatus | undefined {
  const executorResources = existing ? [] : (task.executor?.resources ?? []);
  for (const resources of [task.resources ?? [], executorResources]) {
    const needed = Resources.of(resources)
      .unallocate()
      .filter(kind => kind.isDynamicallyReserved || kind.isPersistentVolume);
    if (needed.isEmpty || agent.checkpointedResources.contains(needed)) continue;
    const message = `The checkpointed resources being used by the task are unknown to the agent: ${needed}`;
    return dropped(framework, 'REASON_RESOURCES_UNKNOWN', message);
  }
  return undefined;
}

function executorProblem(
  framework: Framework,
  existing: Executor | undefined,
  task: TaskInfo,
  launchExecutor: boolean | undefined,
): AgentStatus | undefined {
  const reason = 'REASON_EXECUTOR_TERMINATED';
  if (existing && (existing.state === 'TERMINATING' || existing.state === 'TERMINATED')) {
    return dropped(framework, reason, `Executor ${existing.state.toLowerCase()}`);
  }
  if (existing && (existing.isGenerated || !task.executor)) {
    return dropped(framework, reason, `Executor '${existing.id}' exists already`);
  }
  if (!task.executor || launchExecutor === undefined) return undefined;
  if (launchExecutor && existing) {
    return dropped(framework, reason, 'Master wants to launch executor, but one already exists');
  }
  return !launchExecutor && !existing
    ? dropped(framework, reason, 'No executor is expected to launch and there is no executor running')
    : undefined;
}

function dropped(framework: Framework, reason: TaskStatusReason, message: string): AgentStatus {
  return { state: droppedState(framework), reason, message };
}

function refuse(
  context: RegisteredContext,
  framework: Framework,
  taskIds: readonly TaskId[],
  status: AgentStatus,
): void {
  for (const taskId of taskIds) {
    context.log.warning('Refused a task', { task_id: taskId, framework_id: framework.id, reason: status.message });
    run(context, sendAgentStatus(context, framework, taskId, undefined, status));
  }
  removeIfIdle(context, framework);
}

/** Of a task that is not launched: its executor is not either, where it would have been the first. */
function reportNotLaunched(
  context: RegisteredContext,
  framework: Framework,
  { task, launch_executor }: RunTaskMessage,
): void {
  const { id } = executorOf(task, framework.id);
  if (launch_executor && task.executor && !framework.executors.has(id)) reportExited(context, framework, id);
}

/** The master has an executor in its books that is not going to be. */
function reportExited({ agent, messages }: RegisteredContext, framework: Framework, executorId: ExecutorId): void {
  messages.sendToMaster(ExitedExecutorMessage, {
    agent_id: { value: agent.id },
    framework_id: { value: framework.id },
    executor_id: { value: executorId },
    status: -1,
  });
}

function run({ log }: RegisteredContext, work: Promise<unknown>): void {
  work.catch(error => log.error('Failed to run a task', { error }));
}
