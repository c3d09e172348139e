/** The calls of the agent's operator API, one object each. */
import {
  type CallTable,
  type CommonCallContext,
  commonCalls,
  type OperatorApi,
  type OperatorCall,
} from '@meseta/daemon';
import { AgentCall, AgentResponse } from '@meseta/protocol';
import { readContainers } from '../../views/containers.ts';
import type { ViewContext } from '../../views/context.ts';
import {
  agentMessage,
  containerMessage,
  executorsMessage,
  frameworksMessage,
  stateMessage,
  tasksMessage,
} from '../../views/messages.ts';
import { containerCalls } from './container-calls.ts';

/** What the calls work with. */
export type OperatorContext = ViewContext & CommonCallContext;

type Call = OperatorCall<OperatorContext, AgentCall, AgentResponse>;

const stateCalls = {
  GET_STATE: { answer: ({ agent }) => ({ type: 'GET_STATE', get_state: stateMessage(agent) }) },
  GET_FRAMEWORKS: { answer: ({ agent }) => ({ type: 'GET_FRAMEWORKS', get_frameworks: frameworksMessage(agent) }) },
  GET_EXECUTORS: { answer: ({ agent }) => ({ type: 'GET_EXECUTORS', get_executors: executorsMessage(agent) }) },
  GET_TASKS: { answer: ({ agent }) => ({ type: 'GET_TASKS', get_tasks: tasksMessage(agent) }) },
  GET_AGENT: { answer: ({ agent }) => ({ type: 'GET_AGENT', get_agent: agentMessage(agent) }) },
  GET_OPERATIONS: {
    answer: ({ agent: { operations } }) => ({
      type: 'GET_OPERATIONS',
      get_operations: operations.size === 0 ? {} : { operations: [...operations.values()] },
    }),
  },
  GET_RESOURCE_PROVIDERS: { answer: () => ({ type: 'GET_RESOURCE_PROVIDERS', get_resource_providers: {} }) },
  GET_CONTAINERS: {
    // Containers of executors are all there are: none is nested or stand-alone.
    answer: async context => {
      const containers = (await readContainers(context)).map(containerMessage);
      return { type: 'GET_CONTAINERS', get_containers: containers.length === 0 ? {} : { containers } };
    },
  },
} as const satisfies Record<string, Call>;

const calls: CallTable<OperatorContext, AgentCall, AgentResponse> = {
  ...commonCalls,
  ...stateCalls,
  ...containerCalls,
};

/** The API with Mesos's words for an agent's refusals. */
export const operatorApi: OperatorApi<OperatorContext, AgentCall, AgentResponse> = {
  call: AgentCall,
  reply: AgentResponse,
  calls,
  words: {
    protobuf: 'Failed to parse body into a protobuf object',
    json: 'Failed to parse body into JSON: ',
    conversion: '',
    validation: 'Failed to validate agent::Call: ',
  },
};
