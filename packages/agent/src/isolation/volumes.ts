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
 * keeps its owner as long as another executor uses it. With `--volume_gid_range`, it keeps its owner and gets a group, which executors
 * are in that are launched later.
 *
 * @param task of a command task.
 * @param owner undefined for the agent's own user, which leaves volumes as they are.
 * @throws {DiskError} {VolumeError} {LaunchError}
 * @see Mesos src/slave/containerizer/mesos/isolators/filesystem/posix.cpp, update
 */
export async function giveVolumes(
  context: RegisteredContext,
  executor: Executor,
  task: TaskInfo | undefined,
  resources: readonly Resource[],
  owner: Owner | undefined,
): Promise<void> {
  const { disk, paths, volumeGids } = context;
  const volumes = resources.filter(isVolume);
  if (volumes.length === 0) return;
  await disk.perform(
    volumes.map(volume => {
      const path = volumePath(paths.workDirectory, volume);
      const owned = owner && !volumeGids && !isUsedByAnother(context, executor, volume, path);
      executor.volumes.add(path);
      return { type: 'mkdir', path, leadsToSandbox: true, mode: 0o755, ...(owned && { owner }) };
    }),
  );
  for (const volume of owner && volumeGids ? volumes : []) {
    const root = volumePath(paths.workDirectory, volume);
    const gid = await volumeGids?.of('PERSISTENT', { root, parts: [] });
    if (gid !== undefined) executor.volumeGids.set(root, gid);
  }
  if (areMounted(context, executor, task)) return;
  await oneAfterAnother(executor, async () => {
    for (const volume of volumes) {
      await linkVolume(executor.directory, containerPathOf(volume), volumePath(paths.workDirectory, volume));
    }
  });
}

/** A volume that is taken from one task may be given to the next at the same time. */
async function oneAfterAnother(executor: Executor, change: () => Promise<void>): Promise<void> {
  const changed = executor.linking.then(change);
  executor.linking = changed.catch(() => {}); // the caller gets the failure
  await changed;
}

/** Takes down which volumes an executor of an earlier agent has. */
export function rememberVolumes({ paths }: AgentContext, executor: Executor): void {
  for (const volume of [...executorResources(executor)].filter(isVolume)) {
    executor.volumes.add(volumePath(paths.workDirectory, volume));
  }
}

/** Tells whether the containerizer mounts the volumes of an executor. @param task of a command task. */
export function areMounted({ containerizer }: AgentContext, executor: Executor, task: TaskInfo | undefined): boolean {
  if (!containerizer.mountsVolumes) return false;
  return containerizer.mountsVolumes(containerConfig(executor, launchedExecutor(executor, task), task));
}

/** Others that use a shared volume could not read it any more. One that is not shared has one user at a time. */
function isUsedByAnother({ agent, paths }: RegisteredContext, executor: Executor, volume: Resource, path: string) {
  if (volume.shared === undefined) return false;
  return agent.executors().some(other => {
    if (other === executor || !other.volumes.has(path)) return false;
    const used = [...executorResources(other)].filter(isVolume);
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
  await oneAfterAnother(executor, async () => {
    const kept = [...executorResources(executor)].filter(isVolume).map(containerPathOf);
    for (const volume of gone) {
      const at = containerPathOf(volume);
      if (!kept.includes(at)) await unlinkVolume(executor.directory, at, volumePath(paths.workDirectory, volume));
    }
  }).catch(error => log.warning('Cannot remove the link to a volume', { error, executor_id: executor.id }));
}

const containerPathOf = ({ disk }: Resource) => disk?.volume?.container_path ?? '';
