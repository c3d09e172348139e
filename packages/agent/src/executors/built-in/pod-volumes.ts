/**
 * Persistent volumes of a pod's tasks. The executor's container has them; each task sees its own in its sandbox, too, as if
 * it were a `SANDBOX_PATH` volume of the kind PARENT.
 *
 * @see Mesos src/launcher/default_executor.cpp, _launchGroup
 */
import { isVolume, linkVolume, unlinkVolume, volumePath } from '@meseta/containers';
import type { ContainerInfo, Resource, TaskInfo, Volume } from '@meseta/protocol';
import { ownerOf } from '../../disk/owner.ts';
import { areMounted } from '../../isolation/volumes.ts';
import type { TaskHost } from './task-host.ts';

/**
 * Shows a task its volumes: as mounts, or as links where containers have the file system of the machine.
 *
 * @returns the task's container with the mounts; undefined where it has none and needs none.
 * @throws {VolumeError} naming the path in the sandbox.
 */
export async function showVolumes(host: TaskHost, task: TaskInfo): Promise<ContainerInfo | undefined> {
  const { context, executor, sandbox } = host;
  const volumes = (task.resources ?? []).filter(isVolume);
  if (volumes.length === 0) return task.container;
  if (areMounted(context, executor, undefined)) {
    const own = task.container ?? { type: 'MESOS' };
    return { ...own, volumes: [...(own.volumes ?? []), ...volumes.map(ofParent)] };
  }
  for (const volume of volumes) {
    await linkVolume(sandbox, containerPathOf(volume), volumePath(context.paths.workDirectory, volume));
  }
  return task.container;
}

/** Returns the groups of a task's volumes, which its user needs. @throws {UserError} {LaunchError} */
export async function groupsOf(host: TaskHost, task: TaskInfo): Promise<number[]> {
  const { paths, volumeGids } = host.context;
  const volumes = (task.resources ?? []).filter(isVolume);
  if (!volumeGids || volumes.length === 0 || !(await ownerOf(host.userOf(task)))) return [];
  const roots = volumes.map(volume => volumePath(paths.workDirectory, volume));
  return Promise.all(roots.map(root => volumeGids.of('PERSISTENT', { root, parts: [] })));
}

/** Removes the links of a task that has ended. Never rejects. */
export async function hideVolumes({ context, executor, sandbox, taskId }: TaskHost, task: TaskInfo): Promise<void> {
  const volumes = (task.resources ?? []).filter(isVolume);
  if (volumes.length === 0 || areMounted(context, executor, undefined)) return;
  try {
    for (const volume of volumes) {
      await unlinkVolume(sandbox, containerPathOf(volume), volumePath(context.paths.workDirectory, volume));
    }
  } catch (error) {
    context.log.warning('Cannot remove the link to a volume', { error, task_id: taskId });
  }
}

function ofParent({ disk }: Resource): Volume {
  const { mode = 'RW', container_path = '' } = disk?.volume ?? {};
  const sandbox_path = { type: 'PARENT' as const, path: container_path };
  return { mode, container_path, source: { type: 'SANDBOX_PATH', sandbox_path } };
}

const containerPathOf = ({ disk }: Resource) => disk?.volume?.container_path ?? '';
