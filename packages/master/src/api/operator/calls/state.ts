/** Calls that show the cluster. Large answers are made in pieces. */
import { open, showing } from '@meseta/daemon';
import { resultInSlices } from '@meseta/system';
import { roleUsesInSteps } from '../../../role-use.ts';
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

/** The operator calls that show the state of the cluster. */
export const stateCalls = {
  GET_STATE: showing(['VIEW_FRAMEWORK', 'VIEW_TASK', 'VIEW_EXECUTOR', 'VIEW_ROLE'], ({ master }, see) => ({
    type: 'GET_STATE',
    get_state: getStateMessage(master, see),
  })),
  GET_AGENTS: showing(['VIEW_ROLE'], ({ master }, see) => ({
    type: 'GET_AGENTS',
    get_agents: agentsMessage(master, see),
  })),
  GET_FRAMEWORKS: showing(['VIEW_FRAMEWORK'], ({ master }, see) => ({
    type: 'GET_FRAMEWORKS',
    get_frameworks: frameworksMessage(master, see),
  })),
  GET_EXECUTORS: showing(['VIEW_FRAMEWORK', 'VIEW_EXECUTOR'], ({ master }, see) => ({
    type: 'GET_EXECUTORS',
    get_executors: executorsMessage(master, see),
  })),
  GET_OPERATIONS: showing(['VIEW_ROLE'], ({ master }, see) => ({
    type: 'GET_OPERATIONS',
    get_operations: operationMessages(master, see),
  })),
  GET_TASKS: showing(['VIEW_FRAMEWORK', 'VIEW_TASK'], ({ master }, see) => ({
    type: 'GET_TASKS',
    get_tasks: tasksMessage(master, see),
  })),
  GET_ROLES: showing(['VIEW_ROLE'], async ({ master }, see) => ({
    type: 'GET_ROLES',
    get_roles: { roles: roleMessages(await resultInSlices(roleUsesInSteps(master)), see) },
  })),
  GET_MASTER: {
    access: open('The address of the leading master, which every client must be able to find.'),
    answer: ({ master: { info, startedAt, electedAt } }) => ({
      type: 'GET_MASTER',
      get_master: { master_info: info, start_time: startedAt / 1000, elected_time: electedAt / 1000 },
    }),
  },
} as const satisfies Record<string, MasterOperatorCall>;
