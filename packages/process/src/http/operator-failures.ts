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
    status: 404,
    meaning: 'There is no such framework, or it has no such task.',
    action: 'Check the ids in `meseta tasks`.',
  },
  TASK_ENDED: {
    status: 409,
    meaning: 'The task has ended already.',
    action: 'Nothing has to be done.',
  },
  TASK_UNREACHABLE: {
    status: 409,
    meaning: 'The task is on an agent that is unreachable, which gets no messages.',
    action: 'Kill it when the agent is back, or mark the agent gone if it will not come back.',
  },
  TASK_REFUSED: {
    status: 400,
    meaning: 'The master does not take the framework that would run the task.',
    action: 'Repair what the answer names: a flag of the master, or a field of the request.',
  },
  TASKS_WAITING: {
    status: 503,
    meaning: 'Too many tasks of the principal, or of all principals, wait for resources already.',
    action: 'Wait until some are launched, add resources, or kill some of those that wait.',
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
