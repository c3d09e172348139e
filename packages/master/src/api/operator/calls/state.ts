/** Calls that tell of the cluster. Large answers are made in pieces. */
import {
  agentsMessage,
  executorsMessage,
  frameworksMessage,
  getStateMessage,
  operationMessages,
  roleMessages,
  tasksMessage,
} from '../../../views/index.ts';
import type { MasterOperatorCall } from '../call.ts';

export const stateCalls = {
  GET_STATE: { answer: ({ master }) => ({ type: 'GET_STATE', get_state: getStateMessage(master) }) },
  GET_AGENTS: { answer: ({ master }) => ({ type: 'GET_AGENTS', get_agents: agentsMessage(master) }) },
  GET_FRAMEWORKS: { answer: ({ master }) => ({ type: 'GET_FRAMEWORKS', get_frameworks: frameworksMessage(master) }) },
  GET_EXECUTORS: { answer: ({ master }) => ({ type: 'GET_EXECUTORS', get_executors: executorsMessage(master) }) },
  GET_OPERATIONS: { answer: ({ master }) => ({ type: 'GET_OPERATIONS', get_operations: operationMessages(master) }) },
  GET_TASKS: { answer: ({ master }) => ({ type: 'GET_TASKS', get_tasks: tasksMessage(master) }) },
  GET_ROLES: { answer: ({ master }) => ({ type: 'GET_ROLES', get_roles: { roles: roleMessages(master) } }) },
  GET_MASTER: {
    answer: ({ master: { info, startedAt, electedAt } }) => ({
      type: 'GET_MASTER',
      get_master: { master_info: info, start_time: startedAt / 1000, elected_time: electedAt / 1000 },
    }),
  },
} as const satisfies Record<string, MasterOperatorCall>;
