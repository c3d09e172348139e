/** What a launch writes: the sandbox, and what recovery needs to know. One job on disk. */

import { isVolume } from '@meseta/containers';
import { checkId, ExecutorInfo, executorWithoutSecrets, TaskInfo } from '@meseta/protocol';
import type { RegisteredContext } from '../context.ts';
import type { DiskOperation, Owner } from '../disk/operation.ts';
import { ownerOf } from '../disk/owner.ts';
import { encodeLengthPrefixed } from '../disk/records.ts';
import { frameworkWritten } from '../frameworks.ts';
import { giveVolumes } from '../isolation/volumes.ts';
import type { Executor } from '../state/executor.ts';
import { runIds } from '../state/run-ids.ts';

/**
 * Creates an executor's sandbox with its volumes, and stores the executor; also the task when the executor was made for
 * a command task.
 *
 * @throws {DiskError}
 * @throws {UserError} when the user is unknown.
 * @throws {VolumeError}
 */
export async function writeExecutor(
  context: RegisteredContext,
  executor: Executor,
  task: TaskInfo | undefined,
): Promise<void> {
  const written = executor.checkpoint ? checkpoint(context, executor, task) : [];
  let owner: Owner | undefined;
  try {
    owner = await ownerOf(executor.user);
    const framework = executor.checkpoint ? context.agent.frameworks.get(executor.frameworkId) : undefined;
    if (framework) await frameworkWritten(context, framework);
  } catch (error) {
    await context.disk.perform(written); // so that a restarted agent can report the failure, too
    throw error;
  }
  await context.disk.perform([...written, ...sandbox(context, executor, owner)]);
  const resources = [...(executor.info.resources ?? []), ...(task?.resources ?? [])];
  await giveVolumes(context, executor, task, resources, owner);
}

/** Writes down a task that is handed to an executor, and gives it its volumes. @throws as {@link writeExecutor}. */
export async function writeTask(context: RegisteredContext, executor: Executor, task: TaskInfo): Promise<void> {
  if (executor.checkpoint) await context.disk.perform(taskCheckpoint(context, executor, task, 'replace'));
  const resources = task.resources ?? [];
  if (!resources.some(isVolume)) return;
  await giveVolumes(context, executor, undefined, resources, await ownerOf(executor.user));
  await context.containerizer.mountVolumes?.(executor.container, resources);
}

function sandbox({ agent, paths }: RegisteredContext, executor: Executor, owner: Owner | undefined): DiskOperation[] {
  const { directory } = executor;
  const base = paths.executor(paths.workDirectory, agent.id, runIds(executor));
  return [
    { type: 'mkdir', path: base, leadsToSandbox: true },
    { type: 'mkdir', path: `${base}/runs`, leadsToSandbox: true },
    { type: 'mkdir', path: directory, leadsToSandbox: true, mode: 0o750, ...(owner && { owner }) },
    { type: 'touch', path: `${directory}/stdout`, mode: 0o644, ...(owner && { owner }) },
    { type: 'touch', path: `${directory}/stderr`, mode: 0o644, ...(owner && { owner }) },
    { type: 'symlink', path: `${base}/runs/latest`, target: directory },
  ];
}

function checkpoint(context: RegisteredContext, executor: Executor, task: TaskInfo | undefined): DiskOperation[] {
  const { agent, paths } = context;
  const ids = runIds(executor);
  const directory = paths.executor(paths.meta, agent.id, ids);
  const run = paths.run(paths.meta, agent.id, ids);
  // The task has the secrets. Of a custom executor they are in the executor only, and masters compare it.
  const info = executor.isGenerated ? executorWithoutSecrets(executor.info) : executor.info;
  return [
    ...levels(directory, 'runs', executor.containerId, 'pids'),
    { type: 'write', path: `${directory}/executor.info`, data: encodeLengthPrefixed(ExecutorInfo, info) },
    {
      type: 'write',
      path: `${directory}/executor_generated_for_command_task`,
      data: executor.isGenerated ? '1' : '0',
    },
    ...(task ? taskCheckpoint(context, executor, task, 'write') : []),
    { type: 'symlink', path: `${directory}/runs/latest`, target: run },
  ];
}

/** @param type `write` where recovery does not look before something else is written. */
function taskCheckpoint(
  { agent, paths }: RegisteredContext,
  executor: Executor,
  task: TaskInfo,
  type: 'write' | 'replace',
): DiskOperation[] {
  const taskId = checkId(task.task_id.value);
  const run = paths.run(paths.meta, agent.id, runIds(executor));
  return [
    ...levels(`${run}/tasks`, taskId),
    { type, path: `${run}/tasks/${taskId}/task.info`, data: encodeLengthPrefixed(TaskInfo, task) },
  ];
}

/**
 * Returns the operations that create a directory and its parents one by one: a recursive mkdir fails where parents are
 * missing.
 */
function levels(base: string, ...names: readonly string[]): DiskOperation[] {
  const operations: DiskOperation[] = [{ type: 'mkdir', path: base }];
  let path = base;
  for (const name of names) {
    path = `${path}/${name}`;
    operations.push({ type: 'mkdir', path });
  }
  return operations;
}
