/** The agent in messages of the operator API, for `jsonPieces` and `encodeInPieces`. */
import { type Lazily, listed } from '@meseta/daemon';
import type {
  AgentResponseGetAgent,
  AgentResponseGetContainersContainer,
  AgentResponseGetExecutors,
  AgentResponseGetFrameworks,
  AgentResponseGetState,
  AgentResponseGetTasks,
} from '@meseta/protocol';
import { evolvedInfo } from '../machine.ts';
import type { Agent } from '../state/agent.ts';
import type { Executor } from '../state/executor.ts';
import type { Framework } from '../state/framework.ts';
import { toTask } from '../state/task.ts';
import type { ContainerView } from './containers.ts';

/** The agent itself, and whether it is being drained. */
export function agentMessage({ info, draining }: Agent): AgentResponseGetAgent {
  const agent_info = evolvedInfo(info);
  if (!draining) return { agent_info };
  const { config, startedAt } = draining;
  const estimated_drain_start_time = { nanoseconds: Math.floor(startedAt) * 1_000_000_000 };
  return { agent_info, drain_config: config, estimated_drain_start_time };
}

/** Frameworks that are here and those that were. */
export function frameworksMessage({ frameworks, completedFrameworks }: Agent): Lazily<AgentResponseGetFrameworks> {
  const message = ({ info }: Framework) => ({ framework_info: info });
  return {
    frameworks: listed(frameworks.values(), message),
    completed_frameworks: listed(completedFrameworks, message),
  };
}

/** Executors of all of them. */
export function executorsMessage(agent: Agent): Lazily<AgentResponseGetExecutors> {
  const message = ({ info }: Executor) => ({ executor_info: info });
  const frameworks = allFrameworks(agent);
  return {
    executors: listed(
      frameworks.flatMap(({ executors }) => [...executors.values()]),
      message,
    ),
    completed_executors: listed(
      frameworks.flatMap(({ completedExecutors }) => [...completedExecutors]),
      message,
    ),
  };
}

/** Their tasks. None is ever pending: what comes before a task is queued takes no time here. */
export function tasksMessage(agent: Agent): Lazily<AgentResponseGetTasks> {
  const executors = allFrameworks(agent).flatMap(framework => [
    ...framework.executors.values(),
    ...framework.completedExecutors,
  ]);
  const queued = executors.flatMap(executor => [...executor.queuedTasks.values()].map(info => ({ info, executor })));
  return {
    pending_tasks: [],
    queued_tasks: listed(queued, ({ info, executor }) => toTask(info, executor)),
    launched_tasks: executors.flatMap(({ launchedTasks }) => [...launchedTasks.values()]),
    terminated_tasks: executors.flatMap(({ terminatedTasks }) => [...terminatedTasks.values()]),
    completed_tasks: executors.flatMap(({ completedTasks }) => [...completedTasks]),
  };
}

/** All of that. */
export function stateMessage(agent: Agent): Lazily<AgentResponseGetState> {
  return {
    get_tasks: tasksMessage(agent),
    get_executors: executorsMessage(agent),
    get_frameworks: frameworksMessage(agent),
  };
}

/** A container of GET_CONTAINERS. */
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

function allFrameworks({ frameworks, completedFrameworks }: Agent): Framework[] {
  return [...frameworks.values(), ...completedFrameworks];
}
