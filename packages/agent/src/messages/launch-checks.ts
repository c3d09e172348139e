/** The checks that tasks have to pass before they are launched. The first that fails is the answer. */
import type { Resource, ResourceVersionUUID, TaskInfo, TaskStatusReason } from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import type { RegisteredContext } from '../context.ts';
import type { Executor } from '../state/executor.ts';
import type { Framework } from '../state/framework.ts';
import { type AgentStatus, droppedState } from '../task-updates.ts';

/** A launch to be checked. */
export interface CheckedLaunch {
  readonly tasks: readonly TaskInfo[];
  /** The resources of their executor; undefined for a command task. */
  readonly executorResources: readonly Resource[] | undefined;
  /** The executor that they name is here already. */
  readonly existing: Executor | undefined;
  /** What the master thinks: true that the executor is to be launched; undefined from an old master. */
  readonly launchExecutor: boolean | undefined;
  /** The versions of resources that the master assumed. */
  readonly versions: readonly ResourceVersionUUID[] | undefined;
}

/**
 * Returns why tasks cannot be launched; undefined when they can.
 *
 * @see Mesos src/slave/slave.cpp, Slave::run to Slave::__run
 */
export function launchProblem(
  context: RegisteredContext,
  framework: Framework,
  launch: CheckedLaunch,
): AgentStatus | undefined {
  return (
    drainingProblem(context, framework, launch) ??
    versionProblem(context, framework, launch) ??
    resourceProblem(context, framework, launch) ??
    executorProblem(framework, launch)
  );
}

function drainingProblem(
  { agent }: RegisteredContext,
  framework: Framework,
  { tasks }: CheckedLaunch,
): AgentStatus | undefined {
  const what = tasks.length > 1 ? 'Task group' : 'Task';
  const message = `${what} was received while agent was already draining`;
  return agent.draining && dropped(framework, 'REASON_AGENT_DRAINING', message);
}

/** Returns why a launch is refused that was planned on an older version of the agent's resources. */
function versionProblem(
  { agent }: RegisteredContext,
  framework: Framework,
  { versions }: CheckedLaunch,
): AgentStatus | undefined {
  const own = versions?.find(({ resource_provider_id }) => resource_provider_id === undefined);
  if (!own || own.uuid.value === agent.resourceVersion) return undefined;
  return dropped(framework, 'REASON_INVALID_OFFERS', 'Task assumes outdated resource state');
}

/** Checks that the agent knows the reservations and volumes of tasks, and of an executor that is to be launched. */
function resourceProblem(
  { agent }: RegisteredContext,
  framework: Framework,
  { tasks, executorResources = [], existing }: CheckedLaunch,
): AgentStatus | undefined {
  const ofExecutor = existing ? [] : [executorResources];
  for (const resources of [...tasks.map(task => task.resources ?? []), ...ofExecutor]) {
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
  { existing, executorResources, launchExecutor }: CheckedLaunch,
): AgentStatus | undefined {
  const reason = 'REASON_EXECUTOR_TERMINATED';
  const isCommandTask = executorResources === undefined;
  if (existing && (existing.state === 'TERMINATING' || existing.state === 'TERMINATED')) {
    return dropped(framework, reason, `Executor ${existing.state.toLowerCase()}`);
  }
  if (existing && (existing.isGenerated || isCommandTask)) {
    return dropped(framework, reason, `Executor '${existing.id}' exists already`);
  }
  if (isCommandTask || launchExecutor === undefined) return undefined;
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
