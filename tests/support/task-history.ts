/** What the statuses of a task may be, whatever was killed meanwhile. */
import assert from 'node:assert/strict';
import type { TaskState, TaskStatus } from '@meseta/protocol';
import { isTerminal } from './framework.ts';

/** Order of states; a task never goes back. */
const rank: Partial<Record<TaskState, number>> = {
  TASK_STAGING: 0,
  TASK_STARTING: 1,
  TASK_RUNNING: 2,
  TASK_KILLING: 3,
};
const rankOf = (state: TaskState) => rank[state] ?? 4;

/** Without a uuid: the master's word that no agent has the task. */
const neverRan: ReadonlySet<TaskState> = new Set([
  'TASK_ERROR',
  'TASK_UNKNOWN',
  'TASK_GONE',
  'TASK_DROPPED',
  'TASK_LOST',
]);

/** The agent's word, or the master's that there is no such task. What the master knows of an end, the agent will tell. */
export const isEnd = ({ state, uuid }: TaskStatus) => isTerminal(state) && (uuid !== undefined || neverRan.has(state));

const describe = ({ state, reason, message, uuid }: TaskStatus) =>
  `${state} ${reason ?? ''} ${message ?? ''} ${uuid ?? 'no uuid'}`;

/**
 * Checks that a task has gone through its states in order, and has ended once.
 *
 * @param statuses all that came, repetitions too.
 * @param runs how often its program was started.
 * @returns its end, and all of it in words.
 */
export function checkHistory(
  name: string,
  statuses: readonly TaskStatus[],
  runs: number,
): { readonly end: TaskStatus | undefined; readonly story: string } {
  const story = `${name} ran ${runs} times: ${statuses.map(describe).join(', ')}`;
  assert.ok(runs <= 1, story);
  const seen = new Set<string>();
  // An agent that does not know a task says so each time it is asked, in an update of its own.
  const wordOf = ({ uuid = '', reason, state }: TaskStatus) => (reason === 'REASON_RECONCILIATION' ? state : uuid);
  const isNew = (status: TaskStatus) => !seen.has(wordOf(status)) && seen.add(wordOf(status));
  const fromAgent = statuses.filter(status => status.uuid !== undefined && isNew(status));
  // Its checks have updates of their own while it runs.
  const ranks = fromAgent.map(({ state }) => rankOf(state)).filter((each, at, all) => each !== 2 || all[at - 1] !== 2);
  assert.deepEqual(ranks, [...new Set(ranks)].sort(), story);
  const end = fromAgent.find(isEnd) ?? statuses.find(isEnd);
  // A kill that comes too late is answered like a question about a task that nobody knows.
  const final = statuses.filter(({ state, uuid }) => uuid !== undefined || !neverRan.has(state)).at(-1) ?? end;
  assert.equal(final?.state, end?.state, story);
  if (runs === 1) assert.ok(end?.uuid, story);
  return { end, story };
}
