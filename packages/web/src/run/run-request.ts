/** Asks the master to run tasks, and what became of them. */

import { masterFetch } from '../session/master-fetch.ts';
import { fieldOfRefusal, type RunField } from './run-form.ts';

/** The master's refusal, or why it could not be asked. */
export class RunProblem extends Error {
  override readonly name = 'RunProblem';
  readonly code: string;
  /** The field that it is about. */
  readonly field: RunField | undefined;

  constructor(message: string, code: string, options?: { cause: unknown }) {
    super(message, options);
    this.code = code;
    this.field = code === 'FIELD_INVALID' ? fieldOfRefusal(message) : undefined;
  }
}

/** Tasks that the master has taken. */
export interface RunTaken {
  readonly framework_id: string;
  readonly task_ids: readonly string[];
}

/** A task of `/tasks/waiting`. */
export interface WaitingTask {
  readonly framework_id: string;
  readonly task_id: string;
  readonly state: 'WAITING' | 'LAUNCHING' | 'TIMED_OUT' | 'REFUSED' | 'CANCELLED';
  /** Seconds since the epoch. */
  readonly since: number;
  readonly until: number;
  readonly message?: string;
}

/** Asks for tasks. @throws {RunProblem} */
export function askToRun(body: object): Promise<RunTaken> {
  return send('/tasks/run', body) as Promise<RunTaken>;
}

/** Gives up a task that waits. @throws {RunProblem} */
export async function cancelTask(frameworkId: string, taskId: string): Promise<void> {
  await send('/tasks/kill', { framework_id: frameworkId, task_id: taskId });
}

/** Returns a task that is not launched; undefined: the master does not know it as such. @throws {RunProblem} */
export async function waitingTask(
  { framework_id, task_ids: [id = ''] }: RunTaken,
  signal: AbortSignal,
): Promise<WaitingTask | undefined> {
  const all = (await answer(`/tasks/waiting?${new URLSearchParams({ task_id: id })}`, { signal })) as WaitingTask[];
  return all.find(task => task.framework_id === framework_id);
}

function send(path: string, body: object): Promise<unknown> {
  return answer(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
}

async function answer(path: string, init: RequestInit): Promise<unknown> {
  const response = await masterFetch(path, init).catch((cause: Error) => {
    throw new RunProblem(`The master cannot be reached: ${cause.message}`, 'UNREACHABLE', { cause });
  });
  if (response.ok) return response.json();
  const words = (await response.text()).slice(0, 1000);
  const fallback = `${response.status} ${response.statusText}`;
  throw new RunProblem(words || fallback, response.headers.get('Meseta-Error') ?? String(response.status));
}
