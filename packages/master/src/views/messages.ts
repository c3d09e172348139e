/** Makes the messages of the operator API that show the cluster. */
import {
  type Filters,
  type Lazily,
  listed,
  seenFrameworks,
  seesOperation,
  seesResource,
  seesTask,
  unfiltered,
} from '@meseta/daemon';
import {
  executorWithoutSecrets,
  type MasterResponseGetAgents,
  type MasterResponseGetAgentsAgent,
  type MasterResponseGetExecutors,
  type MasterResponseGetFrameworks,
  type MasterResponseGetFrameworksFramework,
  type MasterResponseGetOperations,
  type MasterResponseGetState,
  type MasterResponseGetTasks,
  type Task,
} from '@meseta/protocol';
import { type Resources, upgrade } from '@meseta/resources';
import type { MasterContext } from '../context.ts';
import { inverseOfferMessage, offerMessage } from '../offers/offer-message.ts';
import type { Agent } from '../state/agent.ts';
import type { Cluster } from '../state/cluster.ts';
import type { Framework } from '../state/framework.ts';
import { endpointResources } from './agent.ts';
import { type ClusterFilters, seenExecutors } from './see.ts';
import { timeInfo } from './values.ts';

/**
 * Makes the message of an agent.
 *
 * @see Mesos src/common/protobuf_utils.cpp, master::event::createAgentResponse
 */
export function agentMessage(agent: Agent, see: Filters<'VIEW_ROLE'>): MasterResponseGetAgentsAgent {
  const seen = (resources: Resources) => endpointResources(resources, see);
  const { info, active, deactivated, version, pid, registeredAt, reregisteredAt, total, offered, capabilities } = agent;
  const { totalUsed, drainInfo, drainStartedAt } = agent;
  return {
    agent_info: { ...info, resources: (info.resources ?? []).map(upgrade).filter(each => seesResource(each, see)) },
    active,
    deactivated,
    version,
    pid,
    registered_time: timeInfo(registeredAt),
    ...(reregisteredAt !== undefined && { reregistered_time: timeInfo(reregisteredAt) }),
    total_resources: seen(total),
    ...(!totalUsed.isEmpty && { allocated_resources: seen(totalUsed) }),
    ...(!offered.isEmpty && { offered_resources: seen(offered) }),
    capabilities,
    ...(drainInfo && { drain_info: drainInfo }),
    ...(drainStartedAt !== undefined && { estimated_drain_start_time: timeInfo(drainStartedAt) }),
  };
}

/**
 * Makes the message of a framework in an answer.
 *
 * @see Mesos src/master/readonly_handler.cpp, model(Framework)
 */
export function frameworkMessage(framework: Framework, cluster: Cluster): Lazily<MasterResponseGetFrameworksFramework> {
  const { used, offered, unregisteredAt } = framework;
  const { agents, agentScheme } = cluster;
  // Agents may go until it is the turn of their offers.
  const offers = listed(framework.offers.values(), offer => {
    const agent = agents.get(offer.agentId);
    return agent && offerMessage(offer, framework, agent, agentScheme);
  });
  const inverse = listed(framework.inverseOffers.values(), offer => {
    const agent = agents.get(offer.agentId);
    return agent && inverseOfferMessage(offer, agent, agentScheme);
  });
  return {
    ...frameworkFields(framework),
    ...(unregisteredAt !== undefined && { unregistered_time: timeInfo(unregisteredAt) }),
    ...(framework.offers.size > 0 && { offers }),
    ...(framework.inverseOffers.size > 0 && { inverse_offers: inverse }),
    ...(!used.isEmpty && { allocated_resources: endpointResources(used, unfiltered) }),
    ...(!offered.isEmpty && { offered_resources: endpointResources(offered, unfiltered) }),
    offer_constraints: framework.offerConstraints ?? {},
  };
}

/**
 * Makes the message of a framework in an event, without its resources and offers.
 *
 * @see Mesos src/common/protobuf_utils.cpp, master::event::createFrameworkAdded
 */
export function frameworkEventMessage(framework: Framework): MasterResponseGetFrameworksFramework {
  return { ...frameworkFields(framework), unregistered_time: timeInfo(framework.unregisteredAt ?? 0) };
}

function frameworkFields(framework: Framework): MasterResponseGetFrameworksFramework {
  const { info, active, connected, recovered, registeredAt, reregisteredAt } = framework;
  return {
    framework_info: info,
    active,
    connected,
    recovered,
    ...(registeredAt !== undefined && {
      registered_time: timeInfo(registeredAt),
      reregistered_time: timeInfo(reregisteredAt ?? registeredAt),
    }),
  };
}

/** Makes GetTasks. `encoded` is called for each task of the first list just before it becomes a part of the answer. */
export function tasksMessage(
  { cluster }: MasterContext,
  see: Filters<'VIEW_FRAMEWORK' | 'VIEW_TASK'>,
  encoded: (thing: object) => void = () => undefined,
): Lazily<MasterResponseGetTasks> {
  const all = [...cluster.frameworks.values(), ...cluster.completedFrameworks];
  const frameworks = [...seenFrameworks(all, see)];
  const view = (task: Task) => {
    encoded(task);
    return task;
  };
  const list = (of: (framework: Framework) => Iterable<Task>) => {
    const parts = frameworks.map(framework => listed(of(framework), view, seesTask(framework, see)));
    return joined(parts);
  };
  return {
    tasks: list(({ tasks }) => tasks.values()),
    unreachable_tasks: list(({ unreachableTasks }) => unreachableTasks),
    completed_tasks: list(({ completedTasks }) => completedTasks),
  };
}

function joined<T>(lists: readonly Iterable<T>[]): Iterable<T> {
  return {
    *[Symbol.iterator]() {
      for (const list of lists) yield* list;
    },
  };
}

/** Makes GetExecutors. */
export function executorsMessage(
  { cluster }: MasterContext,
  see: Filters<'VIEW_FRAMEWORK' | 'VIEW_EXECUTOR'>,
): Lazily<MasterResponseGetExecutors> {
  const executors = [...seenFrameworks(cluster.frameworks.values(), see)].flatMap(framework => [
    ...seenExecutors(framework, see),
  ]);
  return {
    executors: listed(executors, ({ executor, agentId }) => ({
      executor_info: executorWithoutSecrets(executor),
      agent_id: { value: agentId },
    })),
  };
}

/** Makes GetFrameworks; `encoded` as in {@link tasksMessage}. */
export function frameworksMessage(
  { cluster }: MasterContext,
  see: Filters<'VIEW_FRAMEWORK'>,
  encoded: (thing: object) => void = () => undefined,
): Lazily<MasterResponseGetFrameworks> {
  const view = (framework: Framework) => {
    encoded(framework);
    return frameworkMessage(framework, cluster);
  };
  return {
    frameworks: listed(seenFrameworks(cluster.frameworks.values(), see), view),
    completed_frameworks: listed(seenFrameworks(cluster.completedFrameworks, see), view),
  };
}

/** Makes GetAgents. @param message makes the message of one agent. */
export function agentsMessage(
  { cluster }: MasterContext,
  see: Filters<'VIEW_ROLE'>,
  message: (agent: Agent) => MasterResponseGetAgentsAgent = agent => agentMessage(agent, see),
): Lazily<MasterResponseGetAgents> {
  return {
    agents: listed(cluster.agents.values(), message),
    recovered_agents: listed(cluster.recoveredAgents.values(), info => info),
  };
}

/** Makes GetState, which contains all of these; `encoded` is called for tasks and frameworks, `agent` makes the message of one. */
export function getStateMessage(
  context: MasterContext,
  see: ClusterFilters,
  encoded?: (thing: object) => void,
  agent?: (agent: Agent) => MasterResponseGetAgentsAgent,
): Lazily<MasterResponseGetState> {
  return {
    get_tasks: tasksMessage(context, see, encoded),
    get_executors: executorsMessage(context, see),
    get_frameworks: frameworksMessage(context, see, encoded),
    get_agents: agentsMessage(context, see, agent),
  };
}

/** Returns the running operations of all agents, and the ended ones that are not acknowledged yet. */
export function operationMessages(
  { cluster }: MasterContext,
  see: Filters<'VIEW_ROLE'>,
): Lazily<MasterResponseGetOperations> {
  const operations = [...cluster.agents.values()]
    .flatMap(agent => [...agent.operations.values()])
    .filter(({ info }) => seesOperation(info, see));
  return operations.length > 0 ? { operations: listed(operations, operation => operation) } : {};
}
