/** What LAUNCH and LAUNCH_GROUP have in common. */
import { asks } from '@meseta/daemon';
import {
  containerWithoutSecrets,
  excerpt,
  type FrameworkInfo,
  healthCheckWithoutSecrets,
  type OfferOperation,
  type ResourceVersionUUID,
  type Task,
  type TaskInfo,
  type TaskState,
  type TaskStatusReason,
} from '@meseta/protocol';
import type { MasterContext } from '../../context.ts';
import type { Agent } from '../../state/agent.ts';
import type { Framework } from '../../state/framework.ts';
import { tellTaskNeverStarted } from '../../tasks/end.ts';

/** Returns the tasks of a LAUNCH or LAUNCH_GROUP; undefined for other operations. */
export function tasksOf({ type, launch, launch_group }: OfferOperation): readonly TaskInfo[] | undefined {
  if (type === 'LAUNCH') return launch?.task_infos ?? [];
  return type === 'LAUNCH_GROUP' ? (launch_group?.task_group.tasks ?? []) : undefined;
}

/** Tells a framework that its tasks are not launched. */
export function refuseTasks(
  context: MasterContext,
  framework: Framework,
  tasks: readonly TaskInfo[],
  state: TaskState,
  reason: TaskStatusReason,
  problem: string,
): void {
  const message = excerpt(problem);
  for (const { task_id, agent_id } of tasks) {
    const about = { task_id: task_id.value, framework_id: framework.id, agent_id: agent_id.value };
    context.log.info('Refused task', { ...about, state, reason: message });
    tellTaskNeverStarted(context, framework, task_id.value, { state, reason, message, agentId: agent_id.value });
  }
}

/**
 * Returns the master's record of a task that begins, which views show: it has no values of secrets.
 *
 * @see Mesos src/common/protobuf_utils.cpp, createTask
 */
export function newTask(info: TaskInfo, framework: Framework, agent: Agent): Task {
  const { name, task_id, resources, executor, command, limits } = info;
  const { labels, discovery, container, health_check, kill_policy } = info;
  const user = command?.user ?? executor?.command?.user;
  return {
    name,
    task_id,
    // The same objects for all tasks: there are a hundred thousand.
    framework_id: framework.info.id ?? { value: framework.id },
    agent_id: agent.info.id ?? { value: agent.id },
    state: 'TASK_STAGING',
    ...(resources && { resources }),
    ...(executor && { executor_id: executor.executor_id }),
    ...(labels && { labels }),
    ...(discovery && { discovery }),
    ...(container && { container: containerWithoutSecrets(container) }),
    ...(health_check && { health_check: healthCheckWithoutSecrets(health_check) }),
    ...(kill_policy && { kill_policy }),
    ...(limits && { limits }),
    ...(user !== undefined && { user }),
  };
}

/** Returns the user a task would run as. */
export function userOf({ command, executor }: TaskInfo, framework: FrameworkInfo): string {
  return command?.user ?? executor?.command?.user ?? framework.user;
}

/** What launching tasks asks: one question for each of them, in their order. */
export const runTasks = asks('RUN_TASK', (operation: OfferOperation, framework_info: FrameworkInfo) =>
  (tasksOf(operation) ?? []).map(task_info => ({ task_info, framework_info })),
);

/**
 * Returns the version of the agent's resources that the master knows: an agent that has changed them since refuses the
 * launch.
 */
export function resourceVersions({ resourceVersion }: Agent): ResourceVersionUUID[] {
  return resourceVersion === undefined ? [] : [{ uuid: { value: resourceVersion } }];
}
