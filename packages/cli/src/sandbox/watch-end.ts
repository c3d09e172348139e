/** Watches for the end of a task through the master's event stream. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isTerminal, type MasterEvent, type Task, type MasterResponseGetTasks as Tasks } from '@meseta/protocol';
import type { MasterClient } from '@meseta/scheduler';

/** How often, a second apart, a master that is away is asked again. */
const attempts = 30;

/** True for the states in which a task may still write. */
export function isLive({ state }: Pick<Task, 'state'>): boolean {
  return !isTerminal(state) && state !== 'TASK_UNKNOWN';
}

/**
 * Resolves when the master tells that the task has ended, or knows it no more although its agent is there. A master that
 * is away is waited for.
 *
 * @throws when the master stays away for half a minute; the signal's reason when that aborts.
 */
export async function untilEnded(master: MasterClient, task: Task, signal: AbortSignal): Promise<void> {
  for (let failures = 0; ; ) {
    try {
      for await (const event of master.subscribe(signal)) {
        failures = 0;
        if (await isEnd(master, task, event)) return;
      }
    } catch (error) {
      if (signal.aborted || ++failures === attempts) throw error;
    }
    await sleep(1000, undefined, { signal });
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

/** A task that nobody lists has ended if its agent is there; else the agent may still bring it back. */
function hasEnded({ task_id, framework_id }: Task, tasks: Tasks | undefined, agentIsThere: boolean): boolean {
  const isOurs = (other: Task) =>
    other.task_id.value === task_id.value && other.framework_id.value === framework_id.value;
  const live = [...(tasks?.tasks ?? []), ...(tasks?.unreachable_tasks ?? [])].find(isOurs);
  if (live) return !isLive(live);
  return agentIsThere || (tasks?.completed_tasks ?? []).some(isOurs);
}
