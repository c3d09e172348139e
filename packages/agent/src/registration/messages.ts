/** Makes the messages in which an agent describes itself to a master. */

import type {
  AgentInfo,
  ArchiveFramework,
  ExecutorInfo,
  RegisterSlaveMessage,
  ReregisterSlaveMessage,
  Resource,
  Task,
  UpdateSlaveMessage,
} from '@meseta/protocol';
import { convertResources, DowngradeError, type Resources } from '@meseta/resources';
import { mesosVersion } from '@meseta/system';
import type { AgentContext, RegisteredContext } from '../context.ts';
import type { Executor } from '../state/executor.ts';
import type { Framework } from '../state/framework.ts';
import { toTask } from '../state/task.ts';

type Common = Pick<
  RegisterSlaveMessage,
  'agent' | 'version' | 'checkpointed_resources' | 'agent_capabilities' | 'resource_version_uuid'
>;

/** Returns the registration message of an agent that has no id yet. */
export function registerMessage(context: AgentContext): RegisterSlaveMessage {
  return common(context);
}

/**
 * Returns the registration message of an agent that had registered before. It lists everything the agent runs, because
 * a new master learns its state from it.
 */
export function reregisterMessage(context: RegisteredContext): ReregisterSlaveMessage {
  const { agent } = context;
  const frameworks = [...agent.frameworks.values()].filter(({ state }) => state === 'RUNNING');
  const executors = frameworks.flatMap(({ executors }) => [...executors.values()]);
  const known = executors.filter(({ isGenerated, state }) => !isGenerated && state !== 'TERMINATED');
  return {
    ...common(context),
    tasks: executors.flatMap(tasksOf),
    executor_infos: known.map(({ info }): ExecutorInfo => info),
    completed_frameworks: [...agent.completedFrameworks].map(archive),
    frameworks: frameworks.map(({ info }) => info),
  };
}

/** Returns the update that the master needs right after the registration. */
export function updateMessage({ agent }: RegisteredContext): UpdateSlaveMessage {
  return {
    agent_id: { value: agent.id },
    update_oversubscribed_resources: agent.oversubscribed !== undefined,
    ...(agent.oversubscribed && { oversubscribed_resources: agent.oversubscribed.toArray() }),
    operations: agent.operations.size === 0 ? {} : { operations: [...agent.operations.values()] },
    resource_version_uuid: { value: agent.resourceVersion },
    resource_providers: {},
  };
}

/** Returns the update of an agent whose resources for oversubscription have changed, and nothing else. */
export function oversubscribedMessage({ agent }: RegisteredContext, oversubscribed: Resources): UpdateSlaveMessage {
  return {
    agent_id: { value: agent.id },
    update_oversubscribed_resources: true,
    oversubscribed_resources: oversubscribed.toArray(),
  };
}

/** Returns AgentInfo as it is sent to the master: `checkpoint` is true, as for every agent since Mesos 1.0. */
export function wireInfo({ agent }: AgentContext): AgentInfo {
  return { ...agent.info, resources: oldFormat(agent.info.resources ?? []), checkpoint: true };
}

function common(context: AgentContext): Common {
  const { agent } = context;
  const checkpointed = agent.checkpointedResources.toArray();
  return {
    agent: wireInfo(context),
    version: mesosVersion,
    ...(checkpointed.length === 0 ? {} : { checkpointed_resources: oldFormat(checkpointed) }),
    agent_capabilities: [...agent.capabilities],
    resource_version_uuid: { value: agent.resourceVersion },
  };
}

/** Masters that know only the old format still can read what has no refined reservations. */
function oldFormat(resources: readonly Resource[]): Resource[] {
  try {
    return convertResources(resources, 'pre');
  } catch (error) {
    if (error instanceof DowngradeError) return [...resources];
    throw error;
  }
}

/** Every task whose end the master has not acknowledged. */
function tasksOf(executor: Executor): Task[] {
  const queued = [...executor.queuedTasks.values()].map(info => toTask(info, executor));
  return [...queued, ...executor.launchedTasks.values(), ...executor.terminatedTasks.values()];
}

function archive(framework: Framework): ArchiveFramework {
  return {
    framework_info: framework.info,
    ...(framework.pid === undefined ? {} : { pid: framework.pid }),
    tasks: [...framework.completedExecutors].flatMap(({ completedTasks }) => [...completedTasks]),
  };
}
