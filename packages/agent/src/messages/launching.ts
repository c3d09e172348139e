/** What the launches of single tasks and of task groups have in common. */
import {
  checkId,
  type ExecutorId,
  ExitedExecutorMessage,
  type FrameworkInfo,
  InvalidIdError,
  type TaskId,
  type TaskInfo,
  type TaskStatusReason,
} from '@meseta/protocol';
import type { RegisteredContext } from '../context.ts';
import { Pod } from '../executors/built-in/pod.ts';
import { startExecutor } from '../executors/custom.ts';
import type { NewExecutor } from '../executors/executor-info.ts';
import { frameworkFor, removeIfIdle } from '../frameworks.ts';
import { newContainerId } from '../ids.ts';
import { Executor } from '../state/executor.ts';
import type { Framework } from '../state/framework.ts';
import { type AgentStatus, sendAgentStatus } from '../task-updates.ts';

/** Returns the framework to run tasks for; undefined when it is going, or ids are not fit to be directories. */
export function placeOf(
  context: RegisteredContext,
  info: FrameworkInfo,
  pid: string | undefined,
  tasks: readonly Pick<TaskInfo, 'task_id' | 'executor'>[],
): Framework | undefined {
  const { agent, log } = context;
  if (agent.state === 'TERMINATING') return undefined;
  try {
    for (const { task_id, executor } of tasks) {
      checkId(task_id.value);
      if (executor) checkId(executor.executor_id.value);
    }
    const framework = frameworkFor(context, checkId(info.id?.value ?? ''), info, pid);
    return framework.state === 'TERMINATING' ? undefined : framework;
  } catch (error) {
    if (!(error instanceof InvalidIdError)) throw error;
    log.warning('Ignored a task with an id that cannot be a directory', { error });
    return undefined;
  }
}

/** Adds an executor that is to be launched. Its tasks are queued already when observers are told. */
export function addExecutor(
  { agent, paths, flags }: RegisteredContext,
  framework: Framework,
  id: ExecutorId,
  { kind, info, user }: NewExecutor,
  queue: (executor: Executor) => void,
): Executor {
  const containerId = newContainerId();
  const ids = { frameworkId: framework.id, executorId: id, containerId };
  const executor = new Executor({
    id,
    frameworkId: framework.id,
    info,
    containerId,
    directory: paths.sandbox(agent.id, ids),
    user: flags.switch_user ? (user ?? framework.info.user) : undefined,
    kind,
    checkpoint: framework.checkpoint,
  });
  queue(executor);
  framework.executors.set(id, executor);
  agent.notify(observer => observer.executorAdded?.(executor));
  return executor;
}

/** Launches an executor that is not one of a command task. What fails ends its tasks; nothing is thrown. */
export async function start(context: RegisteredContext, framework: Framework, executor: Executor): Promise<void> {
  if (executor.kind === 'default') await new Pod({ context, framework, executor }).start();
  else await startExecutor(context, framework, executor);
}

/** Refuses tasks with one status. */
export function refuse(
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

/** Refuses tasks that the authorizer does not allow. */
export function refuseUnauthorized(
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

/** Tells the master, which has the executor in its books, that an executor is not going to be launched. */
export function reportNotLaunched(
  { agent, messages }: RegisteredContext,
  framework: Framework,
  executorId: ExecutorId,
): void {
  if (framework.executors.has(executorId)) return;
  messages.sendToMaster(ExitedExecutorMessage, {
    agent_id: { value: agent.id },
    framework_id: { value: framework.id },
    executor_id: { value: executorId },
    status: -1,
  });
}

/** Does something for tasks in the background. */
export function run({ log }: RegisteredContext, work: Promise<unknown>): void {
  work.catch(error => log.error('Failed to run a task', { error }));
}
