/**
 * Runs a task by the framework that the master has for the user: `meseta run -d`. The task belongs to the cluster from the
 * start; this process only waits until it is started.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { HttpAnswerError, HttpConnectionError } from '@meseta/process';
import { isTerminal, type Resource, type Task, type TaskState, type TaskStatus } from '@meseta/protocol';
import type { Amounts } from '@meseta/resources';
import type { MasterClient } from '@meseta/scheduler';
import { amountsOf } from '@meseta/scheduler/offer-room';
import { userName } from '@meseta/system';
import { findTask, LookupError } from '../find-task.ts';
import type { Masters } from '../masters.ts';
import { write } from '../output.ts';
import { printable } from '../table.ts';
import { notLaunched } from '../waiting-tasks.ts';
import { endStatusOf } from './end-status.ts';
import { exitCodeOf } from './exit-code.ts';
import type { Launch, TaskTemplate } from './launch.ts';

/** What is to be run, and how that is said. */
export interface MasterJob {
  readonly task: TaskTemplate;
  /** For a task that has no resources of its own. */
  readonly wanted: Amounts;
  readonly role: string;
  readonly json: boolean;
  /** Says only what is wrong. */
  readonly quiet: boolean;
}

/** The times between two looks at the task, and after which a note says that it waits, in milliseconds. */
const [firstPauseMs, longestPauseMs, noteMs] = [50, 1000, 2000];

/** How long the next leading master and its agents are waited for, in milliseconds. */
const failoverMs = 60_000;

/** Returns the task when the master's framework can run it: a single one that needs amounts of resources, and no more. */
export function taskForMaster({ tasks: [task, ...others], executor }: Launch): TaskTemplate | undefined {
  if (others.length > 0 || executor) return undefined;
  return (task.resources ?? []).every(isAmount) ? task : undefined;
}

const names: ReadonlySet<string> = new Set(['cpus', 'mem', 'disk', 'gpus']);
const isAmount = ({ name, scalar, disk, revocable, reservations, role = '*' }: Resource) =>
  names.has(name) && scalar && !disk && !revocable && !reservations?.length && role === '*';

/**
 * Runs the task, waits until it is started, and prints its id.
 *
 * @returns the exit code: 0, or that of a task that has ended already; undefined when the master has no such framework,
 * as those of Apache Mesos.
 */
export async function runByMaster(masters: Masters, job: MasterJob): Promise<number | undefined> {
  const master = await idOf(masters.client);
  const asked = await ask(masters.client, master, job);
  if (asked === undefined) return undefined;
  const waiting = new AbortController();
  const interrupt = () => waiting.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, interrupt);
  try {
    const task = await started(masters, asked, job, waiting.signal);
    if (task === undefined) return await giveUp(masters.client, asked);
    const { framework_id, task_id, agent_id } = task;
    const text = job.json ? JSON.stringify({ framework_id, task_id, agent_id }) : printable(task_id.value);
    await write('stdout', `${text}\n`);
    return isTerminal(task.state) ? codeOfEnd(await endStatusOf(masters, task, waiting.signal)) : 0;
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, interrupt);
  }
}

interface Asked {
  /** The id of the master that has taken the task. */
  readonly master: string;
  readonly frameworkId: string;
  readonly taskId: string;
}

async function ask(
  { http }: MasterClient,
  master: string,
  { task, wanted, role }: MasterJob,
): Promise<Asked | undefined> {
  const { resources, ...rest } = task;
  const user = (rest.command ?? rest.executor?.command)?.user ?? userName();
  try {
    const answer = await http.post('/tasks/run', {
      task: rest,
      resources: resources ? amountsOf(resources) : wanted,
      role,
      user,
    });
    const { framework_id, task_ids } = answer as { framework_id: string; task_ids: readonly string[] };
    return { master, frameworkId: framework_id, taskId: task_ids[0] ?? '' };
  } catch (error) {
    if (error instanceof HttpAnswerError && (error.status === 404 || error.status === 405)) return undefined;
    throw error;
  }
}

/** Waits until a task is started. @returns undefined when the signal is aborted before. @throws {NotLaunchedError} */
async function started(masters: Masters, asked: Asked, job: MasterJob, signal: AbortSignal): Promise<Task | undefined> {
  const begun = performance.now();
  let pauseMs = firstPauseMs;
  let missingSince: number | undefined;
  let noted = job.quiet;
  while (!signal.aborted) {
    const seen = await look(masters, asked);
    if (typeof seen === 'object') return seen;
    if (seen === 'missing') {
      missingSince ??= performance.now();
      if (performance.now() - missingSince > failoverMs) throw new NotLaunchedError(asked.taskId, lost);
    } else missingSince = undefined;
    if (!noted && seen === 'waits' && performance.now() - begun > noteMs) {
      noted = true;
      process.stderr.write(
        `meseta: ${asked.taskId} waits for resources: 'meseta framework why ${asked.frameworkId}' says why\n`,
      );
    }
    await delay(pauseMs, undefined, { signal }).catch(() => undefined); // the signal is looked at above
    pauseMs = Math.min(pauseMs * 1.5, longestPauseMs);
  }
  return undefined;
}

const lost =
  'another master leads since then and does not know it. What a master was asked to run and has not launched ends with it: run it again';

type Seen = Task | 'waits' | 'starts' | 'missing';

/** Looks where the task is. A master that does not answer is looked for again. @throws {NotLaunchedError} */
async function look(masters: Masters, asked: Asked): Promise<Seen> {
  const { frameworkId, taskId } = asked;
  try {
    const own = (await notLaunched(masters.client, taskId)).find(task => task.framework_id === frameworkId);
    if (own?.state === 'WAITING') return 'waits';
    if (own?.state === 'LAUNCHING') return 'starts';
    if (own) throw new NotLaunchedError(taskId, own.message ?? own.state);
    const query = new URLSearchParams({ framework_id: frameworkId, task_id: taskId });
    const { tasks } = (await masters.client.http.get(`/tasks?${query}`)) as { tasks: readonly { state: TaskState }[] };
    const [task] = tasks;
    if (!task) return await missing(masters.client, asked);
    if (task.state === 'TASK_STAGING') return 'starts';
    return await findTask(masters.client, taskId, frameworkId);
  } catch (error) {
    // A master that is replaced may answer that it does not lead.
    const isAway = error instanceof HttpConnectionError || (error instanceof HttpAnswerError && error.status >= 500);
    if (!isAway && !(error instanceof LookupError)) throw error;
    await masters.find().catch(() => undefined); // none leads yet: it is looked for again
    return 'missing';
  }
}

/** A master that has begun to lead learns from agents what they run. @throws {NotLaunchedError} when all agents are back. */
async function missing(client: MasterClient, { master, taskId }: Asked): Promise<'missing'> {
  if ((await idOf(client)) === master) {
    throw new NotLaunchedError(taskId, 'the master does not know it any more; its log says what became of it');
  }
  const recovered = (await client.call({ type: 'GET_AGENTS' }))?.get_agents?.recovered_agents ?? [];
  if (recovered.length === 0) throw new NotLaunchedError(taskId, lost);
  return 'missing';
}

/** Returns the id of the master that leads now: each term has its own. */
async function idOf(client: MasterClient): Promise<string> {
  return (await client.call({ type: 'GET_MASTER' }))?.get_master?.master_info?.id ?? '';
}

async function giveUp({ http }: MasterClient, { frameworkId, taskId }: Asked): Promise<number> {
  await http.post('/tasks/kill', { framework_id: frameworkId, task_id: taskId });
  process.stderr.write(`meseta: ${taskId} is killed\n`);
  return 130;
}

function codeOfEnd(status: TaskStatus): number {
  const code = exitCodeOf(status);
  if (code !== 0) {
    const { task_id, state, message = state } = status;
    const id = task_id.value;
    process.stderr.write(`meseta: ${id}: ${message}; 'meseta task logs --stderr ${id}' may have more information\n`);
  }
  return code;
}

/** The master did not launch the task. */
class NotLaunchedError extends Error {
  override readonly name = 'NotLaunchedError';
  readonly code = 'NOT_LAUNCHED';

  constructor(taskId: string, why: string) {
    super(`Task ${taskId} was not launched: ${why}`);
  }
}
