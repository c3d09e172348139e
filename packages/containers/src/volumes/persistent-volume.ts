/** Persistent volumes: directories that outlive the tasks using them. */
import { isAbsolute, join } from 'node:path';
import { checkPathComponent, type Resource } from '@meseta/protocol';

/** A volume that cannot be given to a task. */
export class VolumeError extends Error {
  override readonly name = 'VolumeError';
  readonly code = 'VOLUME_INVALID';
}

/** Tells whether a resource is a persistent volume. */
export function isVolume({ disk }: Resource): boolean {
  return disk?.persistence !== undefined;
}

/**
 * Returns the directory of a volume.
 *
 * @throws {InvalidIdError} when its id cannot be a directory.
 * @see Mesos src/slave/paths.cpp, getPersistentVolumePath
 */
export function volumePath(workDirectory: string, volume: Resource): string {
  const id = volume.disk?.persistence?.id ?? '';
  checkPathComponent(id);
  const role = volume.reservations?.at(-1)?.role ?? volume.role ?? '*';
  const roleDirectory = role.replaceAll('/', ' '); // no role holds a blank
  checkPathComponent(roleDirectory);
  const { type, path, mount } = volume.disk?.source ?? {};
  if (type === 'MOUNT' && mount?.root !== undefined) return within(workDirectory, mount.root);
  const root = type === 'PATH' && path?.root !== undefined ? within(workDirectory, path.root) : workDirectory;
  return join(root, 'volumes', 'roles', roleDirectory, id);
}

/** Tells whether the directory of a volume is the root of a disk, which stays when the volume goes. */
export const isWholeDisk = ({ disk }: Resource): boolean => disk?.source?.type === 'MOUNT';

function within(base: string, path: string): string {
  return isAbsolute(path) ? path : join(base, path);
}
