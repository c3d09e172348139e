/** Asks the master to run tasks, and what became of them. */
import { getJson, jsonIn, postJson, type RequestProblem } from '../requests/request.ts';
import { expectShape, type Shape } from '../requests/shape.ts';
import { fieldOfRefusal, type RunField } from './run-form.ts';

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

const waitingShape: Shape = [
  {
    framework_id: 'string',
    task_id: 'string',
    state: 'string',
    since: 'number',
    until: 'number',
    'message?': 'string',
  },
];

/** Asks for tasks. @throws {RequestError} */
export async function askToRun(body: object): Promise<RunTaken> {
  return expectShape(await jsonIn(await postJson('/tasks/run', body)), {
    framework_id: 'string',
    task_ids: ['string'],
  });
}

/** Returns the field of the form that a refusal is about; undefined: the whole form. */
export const refusedField = ({ code, message }: RequestProblem): RunField | undefined =>
  code === 'FIELD_INVALID' ? fieldOfRefusal(message) : undefined;

/** Gives up a task that waits. @throws {RequestError} */
export async function cancelTask(frameworkId: string, taskId: string): Promise<void> {
  await postJson('/tasks/kill', { framework_id: frameworkId, task_id: taskId });
}

/** Returns a task that is not launched; undefined: the master does not know it as such. @throws {RequestError} */
export async function waitingTask(
  { framework_id, task_ids: [id = ''] }: RunTaken,
  signal: AbortSignal,
): Promise<WaitingTask | undefined> {
  const url = `/tasks/waiting?${new URLSearchParams({ task_id: id })}`;
  const all = expectShape<WaitingTask[]>(await getJson(url, signal), waitingShape);
  return all.find(task => task.framework_id === framework_id);
}
