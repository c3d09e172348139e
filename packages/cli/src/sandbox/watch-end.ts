/** Waits for the end of a task through the master's event stream. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isTerminal, type MasterEvent, type Task, type MasterResponseGetTasks as Tasks } from '@meseta/protocol';
import type { MasterClient } from '@meseta/scheduler';
import type { Masters } from '../masters.ts';

/** How often, once a second, an unreachable master is tried again. */
const attempts = 30;

/** Tells whether a task in this state may still write output. */
export function isLive({ state }: Pick<Task, 'state'>): boolean {
  return !isTerminal(state) && state !== 'TASK_UNKNOWN';
}

/**
 * Resolves when the master reports that the task has ended, or does not have it any more although its agent is
 * registered. An unreachable master is waited for, or another one that leads.
 *
 * @throws when the master is unreachable for half a minute; the signal's reason when it is aborted.
 */
export async function untilEnded(masters: Masters, task: Task, signal: AbortSignal): Promise<void> {
  let { client } = masters;
  for (let failures = 0; ; ) {
    try {
      for await (const event of client.subscribe(signal)) {
        failures = 0;
        if (await isEnd(client, task, event)) return;
      }
    } catch (error) {
      if (signal.aborted || ++failures === attempts) throw error;
    }
    await sleep(1000, undefined, { signal });
    const last = client;
    client = await masters.find({ signal }).catch(() => last); // the last one says what is wrong
  }
}

async function isEnd(master: MasterClient, task: Task, event: MasterEvent): Promise<boolean> {
  const { subscribed, agent_added: added, task_updated: updated, framework_removed: removed } = event;
  if (removed) return removed.framework_info.id?.value === task.framework_id.value;
  if (updated) {
    const ours = updated.framework_id.value === task.framework_id.value;
    return ours && updated.status.task_id.value === task.task_id.value && !isLive(updated);
  }
  const isOurAgent = ({ agent_info }: { agent_info: { id?: { value: string } } }) =>
    agent_info.id?.value === task.agent_id.value;
  if (subscribed) {
    const { get_tasks, get_agents } = subscribed.get_state ?? {};
    return hasEnded(task, get_tasks, get_agents?.agents?.some(isOurAgent) === true);
  }
  if (!added || !isOurAgent(added.agent)) return false;
  return hasEnded(task, (await master.call({ type: 'GET_TASKS' }))?.get_tasks, true);
}

/**
 * Tells whether a task has ended. A task that the master does not have has ended if its agent is registered; otherwise
 * the agent may still report it.
 */
function hasEnded({ task_id, framework_id }: Task, tasks: Tasks | undefined, agentIsThere: boolean): boolean {
  const isOurs = (other: Task) =>
    other.task_id.value === task_id.value && other.framework_id.value === framework_id.value;
  const live = [...(tasks?.tasks ?? []), ...(tasks?.unreachable_tasks ?? [])].find(isOurs);
  if (live) return !isLive(live);
  return agentIsThere || (tasks?.completed_tasks ?? []).some(isOurs);
}
