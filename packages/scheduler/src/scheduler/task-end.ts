import { isTerminal, type TaskStatus } from '@meseta/protocol';

/** Reasons of statuses that a master made from an agent's report: they have no uuid, message and reason of the agent. */
const repeated: ReadonlySet<string> = new Set(['REASON_AGENT_REREGISTERED', 'REASON_RECONCILIATION']);
const sentByAgents: ReadonlySet<string> = new Set(['TASK_FINISHED', 'TASK_FAILED', 'TASK_KILLED']);

/**
 * Tells whether a status is the last one of a task: it has ended, or is not known any longer (TASK_UNKNOWN). False for an
 * unconfirmed end, see {@link isUnconfirmedEnd}.
 */
export function isOver(status: TaskStatus): boolean {
  return isEnd(status) && !isUnconfirmedEnd(status);
}

/**
 * Tells whether a task has ended according to a master, in the answer to a question, and the agent's own status is still to
 * come. Only that has the message, the reason and the exit code.
 */
export function isUnconfirmedEnd(status: TaskStatus): boolean {
  const { uuid, reason, state } = status;
  return isEnd(status) && uuid === undefined && repeated.has(reason ?? '') && sentByAgents.has(state);
}

function isEnd({ state }: TaskStatus): boolean {
  return isTerminal(state) || state === 'TASK_UNKNOWN';
}
