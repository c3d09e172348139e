/** What pods and their tasks have on disk, besides what all executors and tasks have. */
import { join } from 'node:path';
import { type ContainerId, linkTaskSandbox, makeSandbox } from '@meseta/containers';
import type { ContainerValue, TaskId, TaskInfo } from '@meseta/protocol';
import type { RegisteredContext } from '../../context.ts';
import { ownerOf } from '../../disk/owner.ts';
import type { Executor } from '../../state/executor.ts';
import { runIds } from '../../state/run-ids.ts';

/** What `task.group` has, as JSON: which container a task of a pod has, and which tasks it was launched with. */
export interface GroupRecord {
  /** The last part of the container's id. */
  readonly container: ContainerValue;
  readonly tasks: readonly TaskId[];
}

/** A task that is about to be launched. */
interface WrittenTask {
  readonly taskId: TaskId;
  readonly container: ContainerId;
  readonly info: TaskInfo | undefined;
}

/**
 * Writes down which containers the tasks of a group will have, all before one of them is launched, and creates their
 * sandboxes.
 *
 * @throws {DiskError} {UserError}
 */
export async function writeGroup(
  context: RegisteredContext,
  executor: Executor,
  tasks: readonly WrittenTask[],
  group: readonly TaskId[],
): Promise<void> {
  const { agent, disk, paths } = context;
  if (executor.checkpoint) {
    await disk.perform(
      tasks.map(({ taskId, container: { value } }) => {
        const record: GroupRecord = { container: value, tasks: group };
        const path = paths.taskGroup(agent.id, runIds(executor), taskId);
        return { type: 'replace', path, data: JSON.stringify(record) };
      }),
    );
  }
  for (const { taskId, container, info } of tasks) {
    const user = podTaskUser(context, executor, info);
    await makeSandbox(executor.directory, container.value, await ownerOf(user));
    await linkTaskSandbox(executor.directory, taskId, container.value, await ownerOf(executor.user));
  }
}

/** Returns the user that a pod's task runs as: its command's, else its executor's; undefined for the agent's own. */
export function podTaskUser(
  { flags }: Pick<RegisteredContext, 'flags'>,
  executor: Executor,
  task: TaskInfo | undefined,
): string | undefined {
  return flags.switch_user ? (task?.command?.user ?? executor.user) : undefined;
}

/** Marks an executor as one that does not use the v0 driver, as Mesos does when it subscribes. */
export function markAsPod({ agent, disk, paths, log }: RegisteredContext, executor: Executor): void {
  if (!executor.checkpoint) return;
  const path = join(paths.run(paths.meta, agent.id, runIds(executor)), 'http.marker');
  disk
    .perform([{ type: 'touch', path }])
    .catch(error => log.error('Failed to write an executor down', { error, executor_id: executor.id }));
}
