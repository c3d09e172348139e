import { isAbsolute } from 'node:path';
import type { ContainerConfig, Resource } from '@meseta/protocol';
import { isVolume, volumePath } from '../../../volumes/persistent-volume.ts';
import { mountFlags, type PlannedMount } from '../../launch-plan.ts';
import { checkContainerPath, invalidVolume, volumePlace } from '../volume/targets.ts';

/** A persistent volume of a container. */
export interface PersistentMount {
  /** Its directory on the machine. */
  readonly source: string;
  /** Where the container sees it, in the shortest form: relative to the sandbox, or absolute. */
  readonly containerPath: string;
  readonly readOnly: boolean;
}

/**
 * Returns the persistent volumes among resources, each once.
 *
 * @throws {LaunchError} `INVALID` when a container path is not one, or is that of two volumes.
 */
export function persistentMounts(workDirectory: string, resources: readonly Resource[]): PersistentMount[] {
  const found = new Map<string, PersistentMount>();
  for (const resource of resources.filter(isVolume)) {
    const { container_path = '', mode } = resource.disk?.volume ?? {};
    const containerPath = checkContainerPath(container_path);
    const source = volumePath(workDirectory, resource);
    const other = found.get(containerPath);
    if (other && other.source !== source)
      throw invalidVolume(containerPath, `it is taken by the volume '${other.source}'`);
    found.set(containerPath, { source, containerPath, readOnly: mode === 'RO' && (other?.readOnly ?? true) });
  }
  return [...found.values()];
}

/**
 * Plans the mounts of volumes at a launch.
 *
 * @returns those in the sandbox, which have to come before the sandbox itself is shown in the root file system of an image,
 *   and those at absolute paths, which come after everything that an image has.
 */
export async function planVolumes(
  volumes: readonly PersistentMount[],
  config: ContainerConfig,
  sandboxDirectory: string,
): Promise<{ readonly inSandbox: readonly PlannedMount[]; readonly elsewhere: readonly PlannedMount[] }> {
  const inSandbox: PlannedMount[] = [];
  const elsewhere: PlannedMount[] = [];
  for (const { source, containerPath, readOnly } of volumes) {
    const mount = { source, flags: mountFlags.bind | mountFlags.recursive, readOnly };
    if (isAbsolute(containerPath)) {
      const volume = { container_path: containerPath, mode: 'RW' as const };
      elsewhere.push({ ...mount, ...(await volumePlace(volume, 'directory', config, sandboxDirectory)) });
    } else {
      inSandbox.push({ ...mount, target: containerPath, targetRoot: config.directory, create: 'directory' });
    }
  }
  return { inSandbox, elsewhere };
}
