/** Follows the draining of agents until nothing of them is left to wait for. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpConnectionError } from '@meseta/process';
import { isTerminal, type MasterEvent, type Task, type TaskState } from '@meseta/protocol';
import type { MasterClient } from '@meseta/scheduler';
import { agentIdOf, type ClusterAgent, clusterAgents } from '../cluster-agents.ts';

/** What is reported while agents drain. */
export type DrainReport =
  | { readonly type: 'draining'; readonly agent_id: string; readonly tasks: readonly string[] }
  | { readonly type: 'task'; readonly agent_id: string; readonly task_id: string; readonly state: TaskState }
  | { readonly type: 'unacknowledged'; readonly agent_id: string; readonly tasks: number }
  | { readonly type: 'drained' | 'gone' | 'away' | 'reactivated'; readonly agent_id: string }
  | { readonly type: 'disconnected' };

/** How often an agent without running tasks is looked at: no event says that it is drained. */
const lookMs = 500;
/** How long to wait before the master is asked again after its stream has ended. */
const againMs = 1000;

/** One agent, as far as it was reported. */
interface Watched {
  readonly id: string;
  readonly running: Map<string, TaskState>;
  reportedWaiting: boolean;
}

/**
 * Follows the draining of agents.
 *
 * ```text
 * SUBSCRIBE ─▶ tasks that run ─▶ TASK_UPDATED … ─▶ none runs ─▶ asked until DRAINED, or gone
 *     ▲                               │ the stream ends: another master
 *     └───────────────────────────────┘
 * ```
 *
 * @param start called once, when the stream is open: no end of a task is missed.
 * @returns resolves when all agents are drained, gone, or not registered any more.
 */
export async function followDraining(
  client: MasterClient,
  agentIds: readonly string[],
  start: () => Promise<void>,
  report: (what: DrainReport) => Promise<void>,
): Promise<void> {
  const watched = new Map(
    agentIds.map(id => [id, { id, running: new Map<string, TaskState>(), reportedWaiting: false }]),
  );
  let started = false;
  while (watched.size > 0) {
    const end = new AbortController();
    try {
      const events = client.subscribe(end.signal);
      await begin(await events.next(), watched, started, report);
      if (!started) await start();
      started = true;
      await follow(client, events, watched, report);
      if (watched.size > 0) throw new StreamEndedError();
    } catch (error) {
      if (!started || !(error instanceof HttpConnectionError || error instanceof StreamEndedError)) throw error;
      await report({ type: 'disconnected' });
      await untilAnswer(client);
    } finally {
      end.abort();
    }
  }
}

class StreamEndedError extends Error {}

async function untilAnswer(client: MasterClient): Promise<void> {
  for (;;) {
    await sleep(againMs);
    if (await client.call({ type: 'GET_HEALTH' }).catch(() => undefined)) return;
  }
}

/** Takes the tasks from the first event of a stream, and reports those that have ended since the last stream. */
async function begin(
  { value }: IteratorResult<MasterEvent>,
  watched: ReadonlyMap<string, Watched>,
  again: boolean,
  report: (what: DrainReport) => Promise<void>,
): Promise<void> {
  const tasks: readonly Task[] = value?.subscribed?.get_state?.get_tasks?.tasks ?? [];
  for (const agent of watched.values()) {
    const live = tasks.filter(({ agent_id, state }) => agent_id.value === agent.id && !isTerminal(state));
    if (again) continue; // agents register with the new master one after another: a task that is missing may come back
    for (const { framework_id, task_id, state } of live)
      agent.running.set(key(framework_id.value, task_id.value), state);
    await report({ type: 'draining', agent_id: agent.id, tasks: live.map(({ task_id }) => task_id.value) });
  }
}

async function follow(
  client: MasterClient,
  events: AsyncGenerator<MasterEvent>,
  watched: Map<string, Watched>,
  report: (what: DrainReport) => Promise<void>,
): Promise<void> {
  let next = events.next();
  next.catch(() => undefined); // awaited below
  for (;;) {
    await look(client, watched, report);
    if (watched.size === 0) return;
    const idle = new AbortController();
    const isQuiet = [...watched.values()].some(({ running }) => running.size === 0);
    const wait = isQuiet ? [sleep(lookMs, undefined, { signal: idle.signal }).catch(() => undefined)] : [];
    const event = await Promise.race([next, ...wait]);
    idle.abort();
    if (event === undefined) continue;
    if (event.done) return;
    await take(event.value, watched, report);
    next = events.next();
    next.catch(() => undefined);
  }
}

async function take(
  { task_added, task_updated, agent_removed }: MasterEvent,
  watched: Map<string, Watched>,
  report: (what: DrainReport) => Promise<void>,
): Promise<void> {
  if (task_added) {
    const { agent_id, framework_id, task_id, state } = task_added.task;
    watched.get(agent_id.value)?.running.set(key(framework_id.value, task_id.value), state);
  }
  if (task_updated) {
    const { framework_id, status, state } = task_updated;
    const agent = watched.get(status.agent_id?.value ?? '');
    if (agent && isTerminal(state) && agent.running.delete(key(framework_id.value, status.task_id.value))) {
      await report({ type: 'task', agent_id: agent.id, task_id: status.task_id.value, state });
    }
  }
  if (agent_removed) watched.get(agent_removed.agent_id.value)?.running.clear();
}

/** Looks at the agents on which nothing runs: whether they are drained, or what is still waited for. */
async function look(
  client: MasterClient,
  watched: Map<string, Watched>,
  report: (what: DrainReport) => Promise<void>,
): Promise<void> {
  const quiet = [...watched.values()].filter(({ running }) => running.size === 0);
  if (quiet.length === 0) return;
  const agents = new Map((await clusterAgents(client)).map(agent => [agentIdOf(agent), agent]));
  for (const agent of quiet) {
    const end = endOf(agents.get(agent.id));
    if (end !== undefined) {
      watched.delete(agent.id);
      await report({ type: end, agent_id: agent.id });
    } else if (!agent.reportedWaiting) {
      agent.reportedWaiting = true;
      const tasks = (await client.call({ type: 'GET_TASKS' }))?.get_tasks?.tasks ?? [];
      const waiting = tasks.filter(({ agent_id }) => agent_id.value === agent.id).length;
      if (waiting > 0) await report({ type: 'unacknowledged', agent_id: agent.id, tasks: waiting });
    }
  }
}

/** Returns how draining has ended; undefined while it goes on. */
function endOf(agent: ClusterAgent | undefined): 'drained' | 'gone' | 'away' | 'reactivated' | undefined {
  if (agent === undefined) return 'gone';
  if (agent.unreachable_time) return 'away';
  if (agent.recovered) return undefined;
  if (agent.drain_info === undefined) return 'reactivated';
  return agent.drain_info.state === 'DRAINED' ? 'drained' : undefined;
}

const key = (frameworkId: string, taskId: string) => `${frameworkId} ${taskId}`;
