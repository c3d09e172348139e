/** The calls of the agent's operator API, one object each. */
import { type CallTable, commonCalls, type OperatorApi, type OperatorCall, open, showing } from '@meseta/daemon';
import { AgentCall, AgentResponse } from '@meseta/protocol';
import { readOtherContainers } from '../../views/api-containers.ts';
import { readContainers } from '../../views/containers.ts';
import {
  agentMessage,
  containerMessage,
  executorsMessage,
  frameworksMessage,
  operationsMessage,
  stateMessage,
  tasksMessage,
} from '../../views/messages.ts';
import { containerCalls } from './container-calls.ts';
import { containerLifeCalls } from './container-life-calls.ts';
import type { OperatorContext } from './context.ts';
import { apiWords } from './words.ts';

type Call = OperatorCall<OperatorContext, AgentCall, AgentResponse>;

const stateCalls = {
  GET_STATE: showing(['VIEW_FRAMEWORK', 'VIEW_TASK', 'VIEW_EXECUTOR', 'VIEW_ROLE'], ({ agent }, see) => ({
    type: 'GET_STATE',
    get_state: stateMessage(agent, see),
  })),
  GET_FRAMEWORKS: showing(['VIEW_FRAMEWORK'], ({ agent }, see) => ({
    type: 'GET_FRAMEWORKS',
    get_frameworks: frameworksMessage(agent, see),
  })),
  GET_EXECUTORS: showing(['VIEW_FRAMEWORK', 'VIEW_EXECUTOR'], ({ agent }, see) => ({
    type: 'GET_EXECUTORS',
    get_executors: executorsMessage(agent, see),
  })),
  GET_TASKS: showing(['VIEW_FRAMEWORK', 'VIEW_TASK', 'VIEW_EXECUTOR'], ({ agent }, see) => ({
    type: 'GET_TASKS',
    get_tasks: tasksMessage(agent, see),
  })),
  GET_AGENT: {
    access: open('Tells of the agent itself, for which Mesos asks nothing.'),
    answer: ({ agent }) => ({ type: 'GET_AGENT', get_agent: agentMessage(agent) }),
  },
  GET_OPERATIONS: showing(['VIEW_ROLE'], ({ agent }, see) => ({
    type: 'GET_OPERATIONS',
    get_operations: operationsMessage(agent, see),
  })),
  GET_RESOURCE_PROVIDERS: showing(['VIEW_RESOURCE_PROVIDER'], () => ({
    type: 'GET_RESOURCE_PROVIDERS',
    get_resource_providers: {},
  })),
  GET_CONTAINERS: showing(
    ['VIEW_CONTAINER', 'VIEW_STANDALONE_CONTAINER'],
    async (
      context,
      see,
      { get_containers: { show_nested: nested = false, show_standalone: standalone = false } = {} },
    ) => {
      const ofExecutors = await readContainers(context, see);
      const roots = new Set<string>(ofExecutors.map(({ executor }) => executor.containerId));
      const others = await readOtherContainers(context, see, roots, { nested, standalone });
      const containers = [...ofExecutors.map(containerMessage), ...others];
      return { type: 'GET_CONTAINERS', get_containers: containers.length === 0 ? {} : { containers } };
    },
  ),
} as const satisfies Record<string, Call>;

const calls: CallTable<OperatorContext, AgentCall, AgentResponse> = {
  ...commonCalls,
  ...stateCalls,
  ...containerCalls,
  ...containerLifeCalls,
};

/** The agent's operator API. */
export const operatorApi: OperatorApi<OperatorContext, AgentCall, AgentResponse> = {
  call: AgentCall,
  reply: AgentResponse,
  calls,
  words: apiWords,
};
