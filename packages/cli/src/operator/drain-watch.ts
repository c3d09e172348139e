/** Follows the draining of agents until nothing of them is left to wait for. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isTerminal, type MasterEvent, type Task, type TaskState } from '@meseta/protocol';
import type { MasterClient } from '@meseta/scheduler';
import { agentIdOf, type ClusterAgent, clusterAgents } from '../cluster-agents.ts';
import type { Masters } from '../masters.ts';
import { isLoss } from './is-loss.ts';

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
  /** The tasks that run, by framework and task id. */
  running: Map<string, TaskState>;
  /** The master is another one: what has ended meanwhile is known when the agent has registered there. */
  isStale: boolean;
  reportedWaiting: boolean;
}

/** Tells whether the agent is looked at: no event says what is waited for. */
const isQuiet = ({ running, isStale }: Watched) => isStale || running.size === 0;

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
  masters: Masters,
  agentIds: readonly string[],
  start: () => Promise<void>,
  report: (what: DrainReport) => Promise<void>,
): Promise<void> {
  const watched = new Map<string, Watched>(
    agentIds.map(id => [id, { id, running: new Map(), isStale: false, reportedWaiting: false }]),
  );
  let started = false;
  let { client } = masters;
  while (watched.size > 0) {
    const end = new AbortController();
    try {
      const events = client.subscribe(end.signal);
      const { value } = await events.next();
      if (!started) {
        await begin(value?.subscribed?.get_state?.get_tasks?.tasks ?? [], watched, report);
        await start();
        started = true;
      }
      await follow(client, events, watched, report);
      if (watched.size > 0) throw new StreamEndedError();
    } catch (error) {
      if (!started || !(error instanceof StreamEndedError || isLoss(error))) throw error;
      await report({ type: 'disconnected' });
      for (const agent of watched.values()) agent.isStale = true;
      client = await untilAnswer(masters);
    } finally {
      end.abort();
    }
  }
}

class StreamEndedError extends Error {}

async function untilAnswer(masters: Masters): Promise<MasterClient> {
  for (;;) {
    await sleep(againMs);
    const client = await masters
      .find()
      .then(async found => ((await found.call({ type: 'GET_HEALTH' })) ? found : undefined))
      .catch(() => undefined); // no master leads yet, or it does not answer: it is asked again
    if (client) return client;
  }
}

/** Takes the tasks that run on the agents, and reports them. */
async function begin(
  tasks: readonly Task[],
  watched: ReadonlyMap<string, Watched>,
  report: (what: DrainReport) => Promise<void>,
): Promise<void> {
  for (const agent of watched.values()) {
    const live = liveOn(agent, tasks);
    agent.running = new Map(live.map(task => [keyOf(task), task.state]));
    await report({ type: 'draining', agent_id: agent.id, tasks: live.map(({ task_id }) => task_id.value) });
  }
}

function liveOn({ id }: Watched, tasks: readonly Task[]): Task[] {
  return tasks.filter(({ agent_id, state }) => agent_id.value === id && !isTerminal(state));
}

async function follow(
  client: MasterClient,
  events: AsyncGenerator<MasterEvent>,
  watched: Map<string, Watched>,
  report: (what: DrainReport) => Promise<void>,
): Promise<void> {
  const nextEvent = () => {
    const next = events.next();
    next.catch(() => undefined); // it is awaited below, after what may take longer
    return next;
  };
  let next = nextEvent();
  let lookAt = 0;
  while (watched.size > 0) {
    const looks = [...watched.values()].some(isQuiet);
    if (looks && performance.now() >= lookAt) {
      await look(client, watched, report);
      lookAt = performance.now() + lookMs;
      continue;
    }
    const event = await (looks ? within(next, lookAt - performance.now()) : next);
    if (event === undefined) continue;
    if (event.done) return;
    await take(event.value, watched, report);
    next = nextEvent();
  }
}

/** Waits for a promise for some time only. @returns undefined when the time has passed. */
async function within<T>(promise: Promise<T>, timeMs: number): Promise<T | undefined> {
  const end = new AbortController();
  const timer = sleep(timeMs, undefined, { signal: end.signal }).catch(() => undefined); // it was ended below
  const first = await Promise.race([promise, timer]);
  end.abort();
  return first;
}

async function take(
  { task_added, task_updated, agent_removed }: MasterEvent,
  watched: Map<string, Watched>,
  report: (what: DrainReport) => Promise<void>,
): Promise<void> {
  if (task_added) {
    const { agent_id, state } = task_added.task;
    watched.get(agent_id.value)?.running.set(keyOf(task_added.task), state);
  }
  if (task_updated) {
    const { framework_id, status, state } = task_updated;
    const agent = watched.get(status.agent_id?.value ?? '');
    if (agent && isTerminal(state) && agent.running.delete(keyOf({ framework_id, task_id: status.task_id }))) {
      await report({ type: 'task', agent_id: agent.id, task_id: status.task_id.value, state });
    }
  }
  if (agent_removed) watched.get(agent_removed.agent_id.value)?.running.clear();
}

/** Looks at the agents about which no event tells: whether they are drained, or what is still waited for. */
async function look(
  client: MasterClient,
  watched: Map<string, Watched>,
  report: (what: DrainReport) => Promise<void>,
): Promise<void> {
  const quiet = [...watched.values()].filter(isQuiet);
  if (quiet.length === 0) return;
  const agents = new Map((await clusterAgents(client)).map(agent => [agentIdOf(agent), agent]));
  for (const agent of quiet) {
    const now = agents.get(agent.id);
    if (agent.isStale && now && !now.recovered) await refresh(client, agent, report);
    const end = endOf(now);
    if (end !== undefined) {
      watched.delete(agent.id);
      await report({ type: end, agent_id: agent.id });
    } else if (agent.running.size === 0 && !agent.isStale && !agent.reportedWaiting) {
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

/** Takes the tasks that run on an agent from another master, and reports those that have ended meanwhile. */
async function refresh(
  client: MasterClient,
  agent: Watched,
  report: (what: DrainReport) => Promise<void>,
): Promise<void> {
  const { tasks = [], completed_tasks = [] } = (await client.call({ type: 'GET_TASKS' }))?.get_tasks ?? {};
  const states = new Map([...completed_tasks, ...tasks].map(task => [keyOf(task), task]));
  for (const key of agent.running.keys()) {
    const task = states.get(key);
    if (task && isTerminal(task.state)) {
      await report({ type: 'task', agent_id: agent.id, task_id: task.task_id.value, state: task.state });
    }
  }
  agent.running = new Map(liveOn(agent, tasks).map(task => [keyOf(task), task.state]));
  agent.isStale = false;
}

const keyOf = ({ framework_id, task_id }: Pick<Task, 'framework_id' | 'task_id'>) =>
  `${framework_id.value} ${task_id.value}`;
