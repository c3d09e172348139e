/** The agent in messages of the operator API, for `jsonPieces` and `encodeInPieces`. */
import { type Filters, type Lazily, listed, seenFrameworks, seenTasks, seesOperation } from '@meseta/daemon';
import {
  type AgentResponseGetAgent,
  type AgentResponseGetContainersContainer,
  type AgentResponseGetExecutors,
  type AgentResponseGetFrameworks,
  type AgentResponseGetOperations,
  type AgentResponseGetState,
  type AgentResponseGetTasks,
  executorWithoutSecrets,
  type Task,
} from '@meseta/protocol';
import { evolvedInfo } from '../machine.ts';
import type { Agent } from '../state/agent.ts';
import type { Executor } from '../state/executor.ts';
import type { Framework } from '../state/framework.ts';
import { toTask } from '../state/task.ts';
import type { ContainerView } from './containers.ts';
import { type AgentFilters, seenExecutors } from './see.ts';

/** Returns the answer to GET_AGENT: the agent, and its draining when there is one. */
export function agentMessage({ info, draining }: Agent): AgentResponseGetAgent {
  const agent_info = evolvedInfo(info);
  if (!draining) return { agent_info };
  const { config, startedAt } = draining;
  const estimated_drain_start_time = { nanoseconds: Math.floor(startedAt) * 1_000_000_000 };
  return { agent_info, drain_config: config, estimated_drain_start_time };
}

/** Returns the answer to GET_FRAMEWORKS: frameworks on this agent, and completed ones. */
export function frameworksMessage(
  { frameworks, completedFrameworks }: Agent,
  see: Filters<'VIEW_FRAMEWORK'>,
): Lazily<AgentResponseGetFrameworks> {
  const message = ({ info }: Framework) => ({ framework_info: info });
  return {
    frameworks: listed(seenFrameworks(frameworks.values(), see), message),
    completed_frameworks: listed(seenFrameworks(completedFrameworks, see), message),
  };
}

/** Returns the answer to GET_EXECUTORS: the executors of all frameworks. */
export function executorsMessage(
  agent: Agent,
  see: Filters<'VIEW_FRAMEWORK' | 'VIEW_EXECUTOR'>,
): Lazily<AgentResponseGetExecutors> {
  const message = ({ info }: Executor) => ({ executor_info: executorWithoutSecrets(info) });
  const frameworks = allFrameworks(agent, see);
  return {
    executors: listed(
      frameworks.flatMap(framework => [...seenExecutors(framework.executors.values(), framework, see)]),
      message,
    ),
    completed_executors: listed(
      frameworks.flatMap(framework => [...seenExecutors(framework.completedExecutors, framework, see)]),
      message,
    ),
  };
}

/**
 * Returns the answer to GET_TASKS: the tasks of all frameworks. None is ever pending, because the steps before a task
 * is queued take no time in this agent.
 */
export function tasksMessage(
  agent: Agent,
  see: Filters<'VIEW_FRAMEWORK' | 'VIEW_TASK' | 'VIEW_EXECUTOR'>,
): Lazily<AgentResponseGetTasks> {
  const all = allFrameworks(agent, see).flatMap(framework =>
    [
      ...seenExecutors(framework.executors.values(), framework, see),
      ...seenExecutors(framework.completedExecutors, framework, see),
    ].map(executor => ({ framework, executor })),
  );
  const tasks = (of: (executor: Executor) => Iterable<Task>) =>
    all.flatMap(({ framework, executor }) => [...seenTasks(of(executor), framework, see)]);
  const queued = all.flatMap(({ framework, executor }) =>
    [...seenTasks(executor.queuedTasks.values(), framework, see)].map(info => ({ info, executor })),
  );
  return {
    pending_tasks: [],
    queued_tasks: listed(queued, ({ info, executor }) => toTask(info, executor)),
    launched_tasks: tasks(({ launchedTasks }) => launchedTasks.values()),
    terminated_tasks: tasks(({ terminatedTasks }) => terminatedTasks.values()),
    completed_tasks: tasks(({ completedTasks }) => completedTasks),
  };
}

/** Returns the answer to GET_STATE: tasks, executors and frameworks. */
export function stateMessage(agent: Agent, see: AgentFilters): Lazily<AgentResponseGetState> {
  return {
    get_tasks: tasksMessage(agent, see),
    get_executors: executorsMessage(agent, see),
    get_frameworks: frameworksMessage(agent, see),
  };
}

/** Returns the ended operations that are not acknowledged yet. */
export function operationsMessage({ operations }: Agent, see: Filters<'VIEW_ROLE'>): AgentResponseGetOperations {
  const seen = [...operations.values()].filter(({ info }) => seesOperation(info, see));
  return seen.length === 0 ? {} : { operations: seen };
}

/** Returns a container of GET_CONTAINERS. */
export function containerMessage(view: ContainerView): AgentResponseGetContainersContainer {
  const { executor, status, statistics } = view;
  return {
    framework_id: { value: executor.frameworkId },
    executor_id: { value: executor.id },
    executor_name: executor.info.name ?? '',
    container_id: { value: executor.containerId },
    container_status: status,
    ...(statistics && { resource_statistics: statistics }),
  };
}

function allFrameworks({ frameworks, completedFrameworks }: Agent, see: Filters<'VIEW_FRAMEWORK'>): Framework[] {
  return [...seenFrameworks([...frameworks.values(), ...completedFrameworks], see)];
}
