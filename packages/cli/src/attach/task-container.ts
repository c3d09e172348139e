import type { ContainerID, Task } from '@meseta/protocol';
import { AgentStreams, type MasterClient } from '@meseta/scheduler';
import { clientAccess } from '../credential.ts';
import { LookupError, originOf } from '../find-task.ts';
import { isLive } from '../sandbox/watch-end.ts';

/** Where a task runs. */
export interface TaskContainer {
  readonly container: ContainerID;
  /** The caller closes it. */
  readonly streams: AgentStreams;
}

/**
 * Finds the container of a running task, and its agent.
 *
 * @throws {LookupError} it has ended, has no container yet, or its agent is away.
 */
export async function containerOfTask(master: MasterClient, task: Task): Promise<TaskContainer> {
  const id = task.task_id.value;
  if (!isLive(task)) {
    throw new LookupError(`Task ${id} has ended (${task.state}); 'meseta tasks' lists those that run`);
  }
  const container = task.statuses?.findLast(({ container_status }) => container_status?.container_id)?.container_status
    ?.container_id;
  if (!container) {
    throw new LookupError(`Task ${id} has no container yet (${task.state}); try again when it runs`);
  }
  const origin = await originOf(master, task.agent_id.value);
  if (origin === undefined) {
    throw new LookupError(`The agent of task ${id}, ${task.agent_id.value}, is not registered with the master`);
  }
  return { container, streams: new AgentStreams(origin, clientAccess()) };
}
