import { isTerminal, type TaskStatus } from '@meseta/protocol';

/**
 * Reasons of statuses that the master made from an agent's report: they have no uuid, message and exit code of the
 * agent.
 */
const repeated: ReadonlySet<string> = new Set(['REASON_AGENT_REREGISTERED', 'REASON_RECONCILIATION']);
const sentByAgents: ReadonlySet<string> = new Set(['TASK_FINISHED', 'TASK_FAILED', 'TASK_KILLED']);

/**
 * Decides what a status means for a run.
 *
 * @returns `'end'` when it is the last one; `'unconfirmed end'` when the task has ended according to the master, and
 * the agent's status with the exit code is still to come; else `'progress'`.
 */
export function meaningOf({ state, uuid, reason }: TaskStatus): 'progress' | 'unconfirmed end' | 'end' {
  if (!isTerminal(state) && state !== 'TASK_UNKNOWN') return 'progress';
  return uuid === undefined && repeated.has(reason ?? '') && sentByAgents.has(state) ? 'unconfirmed end' : 'end';
}
