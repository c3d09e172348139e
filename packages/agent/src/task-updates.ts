/**
 * Handles status updates of executors and of the agent itself: changes the state, stores them, and sends them to the
 * master.
 */
import {
  type ContainerID,
  type ContainerStatus,
  checkId,
  isTerminal,
  type NetworkInfo,
  newUuid,
  type TaskId,
  type TaskInfo,
  type TaskResourceLimitation,
  type TaskState,
  type TaskStatus,
  type TaskStatusReason,
  type WireId,
} from '@meseta/protocol';
import type { RegisteredContext } from './context.ts';
import { withDraining } from './draining.ts';
import { updateContainer } from './isolation/update.ts';
import { takeVolumes } from './isolation/volumes.ts';
import { completeTask } from './settle.ts';
import type { Executor } from './state/executor.ts';
import type { Framework } from './state/framework.ts';
import { runIds } from './state/run-ids.ts';
import { recordStatus, toTask } from './state/task.ts';

/** A status of a task that the agent itself makes. */
export interface AgentStatus {
  readonly state: TaskState;
  readonly reason: TaskStatusReason;
  readonly message: string;
  /** Limits that the task's container ran into. */
  readonly limitation?: TaskResourceLimitation;
  /** The task was not launched: the status is sent even when it cannot be written to disk. */
  readonly unlaunched?: boolean;
}

/**
 * Handles a status of an executor. The executor gets its acknowledgement when the status is on disk, independently of
 * the framework's acknowledgement. Must be called in the order in which statuses arrive: the state changes
 * synchronously.
 *
 * @param status with `uuid`; missing fields are filled in.
 * @returns when it is on disk.
 */
export async function takeStatus(
  context: RegisteredContext,
  framework: Framework,
  executor: Executor,
  status: TaskStatus & { readonly uuid: string },
): Promise<void> {
  const taskId = status.task_id.value;
  const filled = fill(context, framework, executor, status, status.source ?? 'SOURCE_EXECUTOR');
  if (!enter(context, framework, executor, filled)) {
    context.metrics.counter('slave/invalid_status_updates').increment();
    // The status is too late and is not sent; or it is a repetition, and may not be on disk yet.
    const repeated = executor.terminatedTasks.get(taskId)?.statuses?.at(-1)?.uuid === status.uuid;
    if (repeated) await forward(context, framework, executor, filled);
    executor.connection?.acknowledge(taskId, status.uuid);
    return;
  }
  context.metrics.counter('slave/valid_status_updates').increment();
  await forward(context, framework, executor, filled);
  executor.connection?.acknowledge(taskId, status.uuid);
}

/**
 * Sends a status of a task in the agent's own name.
 *
 * @param executor undefined when the task never got to one; then nothing is written, only repeated.
 * @returns when it is on disk.
 */
export async function sendAgentStatus(
  context: RegisteredContext,
  framework: Framework,
  taskId: WireId<'task'>,
  executor: Executor | undefined,
  { unlaunched = false, ...given }: AgentStatus,
): Promise<void> {
  const status = { ...given, task_id: { value: taskId }, uuid: newUuid() };
  const filled = fill(context, framework, executor, status, 'SOURCE_AGENT');
  if (executor && !enter(context, framework, executor, filled)) return;
  await forward(context, framework, executor, filled, unlaunched);
}

/** Returns the state of a task that cannot be launched, by what the framework understands. */
export function droppedState(framework: Framework): TaskState {
  return framework.has('PARTITION_AWARE') ? 'TASK_DROPPED' : 'TASK_LOST';
}

/** Handles the acknowledgement of an update. The acknowledgement of a terminal update completes the task. */
export async function acknowledgeStatus(
  context: RegisteredContext,
  frameworkId: WireId<'framework'>,
  taskId: WireId<'task'>,
  uuid: string,
): Promise<void> {
  const outcome = await context.statusUpdates.acknowledge(frameworkId, taskId, uuid);
  const about = { task_id: taskId, framework_id: frameworkId };
  if (outcome === 'ignored') context.log.debug('Ignored an acknowledgement', about);
  else context.log.info('Task status acknowledged', about);
  if (outcome !== 'closed') return;
  const framework = context.agent.frameworks.get(frameworkId);
  const executor = framework?.executorsByTask.get(taskId);
  if (framework && executor) completeTask(context, framework, executor, taskId);
}

/** Returns the parts of a container's status that the agent knows. Its own addresses are not those of one on another machine. */
export function containerStatus(context: RegisteredContext, executor: Executor): ContainerStatus {
  const isElsewhere = context.containerizer.isElsewhere?.(executor.info.container) ?? false;
  return {
    container_id: { value: executor.containerId },
    ...(!isElsewhere && { network_infos: [networkOf(context)] }),
    ...(executor.pid !== undefined && { executor_pid: executor.pid }),
  };
}

/** Returns the agent's own addresses. */
function networkOf({ ip, ip6 }: RegisteredContext): NetworkInfo {
  const protocol = ip.includes(':') ? 'IPv6' : 'IPv4';
  const second = ip6 === undefined ? [] : [{ protocol: 'IPv6' as const, ip_address: ip6 }];
  return { ip_addresses: [{ protocol, ip_address: ip }, ...second] };
}

/** Moves a queued task to those handed to the executor. */
export function markLaunched({ agent }: RegisteredContext, executor: Executor, info: TaskInfo): void {
  const taskId = checkId(info.task_id.value);
  const task = toTask(info, executor);
  executor.dequeue(taskId);
  executor.launchedTasks.set(taskId, task);
  agent.notify(observer => observer.taskAdded?.(task, executor));
}

type Filled = TaskStatus & { readonly uuid: string };

function fill(
  context: RegisteredContext,
  framework: Framework,
  executor: Executor | undefined,
  status: TaskStatus & { readonly uuid: string },
  source: NonNullable<TaskStatus['source']>,
): Filled {
  const { agent, clock } = context;
  return {
    ...status,
    ...withDraining(context, framework, status),
    source,
    agent_id: { value: agent.id },
    ...(executor ? { executor_id: { value: executor.id } } : {}),
    timestamp: status.timestamp ?? clock.now() / 1000,
    ...(executor &&
      (executor.isLaunched || status.container_status) && {
        container_status: completed(context, executor, status.container_status),
      }),
  };
}

/**
 * Adds what the agent knows of the container that a task runs in. A custom executor may say that its task is in a container nested in its
 * own, and in no other: those who may run commands in the task would get into that container.
 */
function completed(
  context: RegisteredContext,
  executor: Executor,
  given: ContainerStatus | undefined,
): ContainerStatus {
  const known = containerStatus(context, executor);
  if (given?.container_id?.parent === undefined) return { ...known, ...given, container_id: known.container_id };
  if (executor.isBuiltIn) return given;
  if (!isInside(given.container_id, executor.containerId)) {
    const { container_id: _, ...rest } = given;
    return { ...known, ...rest };
  }
  const { executor_pid: _, ...ofExecutor } = known;
  return { ...ofExecutor, ...given };
}

/** Whether a container is nested in another one, at any depth. @param outer the id of one that is nested in none. */
function isInside({ parent }: ContainerID, outer: string): boolean {
  let outermost = parent;
  while (outermost?.parent !== undefined) outermost = outermost.parent;
  return outermost?.value === outer;
}

/** Takes a status into the task's state; false when the task is unknown or has ended. */
function enter(context: RegisteredContext, framework: Framework, executor: Executor, status: Filled): boolean {
  const queued = executor.queuedTasks.get(status.task_id.value);
  if (queued) markLaunched(context, executor, queued);
  const task = executor.launchedTasks.get(status.task_id.value);
  if (!task) return false;
  const taskId = checkId(status.task_id.value);
  recordStatus(task, status);
  if (isTerminal(status.state)) {
    executor.launchedTasks.delete(taskId);
    executor.terminatedTasks.set(taskId, task);
    if (executor.state === 'RUNNING') void updateContainer(context, executor);
    if (executor.kind !== 'command') void takeVolumes(context, executor, task.resources);
  }
  context.agent.notify(observer => observer.taskUpdated?.(task, status, executor));
  const why = isTerminal(status.state) ? { reason: status.reason, message: status.message } : {};
  context.log.info('Task status', { ...idsOf(executor, taskId), state: status.state, ...why });
  if (isTerminal(status.state) && framework.state === 'TERMINATING') completeTask(context, framework, executor, taskId);
  return true;
}

async function forward(
  { agent, paths, statusUpdates }: RegisteredContext,
  framework: Framework,
  executor: Executor | undefined,
  status: Filled,
  mayBeUnwritten = false,
): Promise<void> {
  if (framework.state === 'TERMINATING') return; // the framework will not get it
  const path = executor?.checkpoint
    ? paths.taskUpdates(agent.id, runIds(executor), checkId(status.task_id.value))
    : undefined;
  const update = {
    framework_id: { value: framework.id },
    ...(executor ? { executor_id: { value: executor.id } } : {}),
    agent_id: { value: agent.id },
    status,
    timestamp: status.timestamp ?? 0,
    uuid: status.uuid,
  };
  await statusUpdates.update(update, path, mayBeUnwritten);
}

function idsOf(executor: Executor, taskId: TaskId) {
  return { task_id: taskId, executor_id: executor.id, framework_id: executor.frameworkId };
}
