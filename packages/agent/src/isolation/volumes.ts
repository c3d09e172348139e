/**
 * Gives executors their persistent volumes: the directories, their owners, and a link in the sandbox where the
 * containerizer does not mount them.
 */
import { isVolume, linkVolume, unlinkVolume, volumePath } from '@meseta/containers';
import type { Resource, TaskInfo } from '@meseta/protocol';
import type { AgentContext, RegisteredContext } from '../context.ts';
import type { Owner } from '../disk/operation.ts';
import type { Executor } from '../state/executor.ts';
import { executorResources } from '../views/allocated.ts';
import { containerConfig, launchedExecutor } from './container-config.ts';

/**
 * Prepares the directories of volumes, and shows them in the sandbox. A volume gets the owner of the sandbox; a shared one
 * keeps its owner as long as another executor uses it.
 *
 * @param task of a command task.
 * @param owner undefined for the agent's own user, which leaves volumes as they are.
 * @throws {DiskError} {VolumeError}
 * @see Mesos src/slave/containerizer/mesos/isolators/filesystem/posix.cpp, update
 */
export async function giveVolumes(
  context: RegisteredContext,
  executor: Executor,
  task: TaskInfo | undefined,
  resources: readonly Resource[],
  owner: Owner | undefined,
): Promise<void> {
  const { disk, paths } = context;
  const volumes = resources.filter(isVolume);
  if (volumes.length === 0) return;
  await disk.perform(
    volumes.map(volume => {
      const path = volumePath(paths.workDirectory, volume);
      const owned = owner && !isUsedByAnother(context, executor, volume, path);
      return { type: 'mkdir', path, leadsToSandbox: true, mode: 0o755, ...(owned && { owner }) };
    }),
  );
  if (areMounted(context, executor, task)) return;
  for (const volume of volumes) {
    await linkVolume(executor.directory, containerPathOf(volume), volumePath(paths.workDirectory, volume));
  }
}

/** Tells whether the containerizer mounts the volumes of an executor. */
function areMounted({ containerizer }: AgentContext, executor: Executor, task: TaskInfo | undefined): boolean {
  if (!containerizer.mountsVolumes) return false;
  return containerizer.mountsVolumes(containerConfig(executor, launchedExecutor(executor, task), task));
}

/** Others that use a shared volume could not read it any more. One that is not shared has one user at a time. */
function isUsedByAnother({ agent, paths }: RegisteredContext, executor: Executor, volume: Resource, path: string) {
  if (volume.shared === undefined) return false;
  return agent.executors().some(other => {
    const used = other === executor ? [] : [...executorResources(other)].filter(isVolume);
    return used.some(each => volumePath(paths.workDirectory, each) === path);
  });
}

/**
 * Removes the links to the volumes of a task that has ended, unless the executor still has them.
 *
 * @param resources of the task. Never rejects.
 */
export async function takeVolumes(
  context: AgentContext,
  executor: Executor,
  resources: readonly Resource[] = [],
): Promise<void> {
  const { log, paths } = context;
  const gone = resources.filter(isVolume);
  if (gone.length === 0 || areMounted(context, executor, undefined)) return;
  const kept = [...executorResources(executor)].filter(isVolume).map(containerPathOf);
  for (const volume of gone) {
    const at = containerPathOf(volume);
    if (kept.includes(at)) continue;
    try {
      await unlinkVolume(executor.directory, at, volumePath(paths.workDirectory, volume));
    } catch (error) {
      log.warning('Cannot remove the link to a volume', { error, executor_id: executor.id });
    }
  }
}

const containerPathOf = ({ disk }: Resource) => disk?.volume?.container_path ?? '';
