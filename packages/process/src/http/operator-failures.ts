/** The error codes of operators' calls, a part of `FAILURES`. */
export const operatorFailures = {
  AGENT_NOT_FOUND: {
    status: 404,
    meaning: 'There is no agent with this id, or it is not registered.',
    action: 'Check the id in `meseta agents`.',
  },
  AGENT_UNKNOWN: {
    status: 400,
    meaning: 'There is no agent with this id, or it is not in the state that the call needs.',
    action: 'Check id and state in `meseta agents`.',
  },
  AGENT_STATE_CONFLICT: {
    status: 400,
    meaning: 'The agent is in a state in which this cannot be done: draining, or part of a maintenance schedule.',
    action: 'End the draining or the maintenance first.',
  },
  AGENT_BUSY: {
    status: 409,
    meaning: 'The agent is being marked gone or unreachable.',
    action: 'Look at its state, and try again.',
  },
  AGENT_IN_TRANSITION: {
    status: 503,
    meaning: 'The agent to be marked gone is in transition already.',
    action: 'Try again in a moment.',
  },
  TASK_NOT_FOUND: {
    status: 400,
    meaning: 'The framework has no such task, or not on that agent.',
    action: 'Check the ids in `meseta tasks`.',
  },
  TASK_ENDED: {
    status: 400,
    meaning: 'The task has ended already.',
    action: 'Nothing has to be done.',
  },
  OPERATION_INVALID: {
    status: 400,
    meaning: 'Resources or operation break a rule.',
    action: 'Repair what the answer names.',
  },
  RESOURCES_UNAVAILABLE: {
    status: 409,
    meaning: 'The agent does not have the resources of the operation, or they are in use.',
    action: 'Wait for the tasks that use them, or end them.',
  },
  QUOTA_NOT_SET: {
    status: 400,
    meaning: 'The role has no quota.',
    action: 'Check the role.',
  },
  QUOTA_EXCEEDED: {
    status: 400,
    meaning: 'The quotas guarantee more than the cluster has, or a role has more than its limits already.',
    action: 'Add agents, lower the quota, or use `force`.',
  },
  QUOTA_OVERCOMMITTED: {
    status: 409,
    meaning: 'The guarantees of SET_QUOTA overcommit the cluster.',
    action: 'Add agents, lower the guarantees, or use `force`.',
  },
  MACHINE_NOT_SCHEDULED: {
    status: 400,
    meaning: 'The machine is not part of a maintenance schedule.',
    action: 'Add it to the schedule first.',
  },
  MACHINE_MODE_CONFLICT: {
    status: 400,
    meaning: 'The machine is not in the mode that the call begins with: DRAINING to go down, DOWN to come up.',
    action: 'Look at its mode in the maintenance status.',
  },
} as const;
