/** Persistent volumes: directories that outlive the tasks using them. */
import { lstat, mkdir, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
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

/**
 * Returns the path at which a task sees a volume, below its sandbox. It creates the directories on the way; they must
 * be real ones, because a link that the task's executor made could lead outside.
 *
 * @throws {VolumeError} when the container path leads outside of the sandbox or is taken by something else.
 */
export async function volumeLink(sandbox: string, containerPath: string): Promise<string> {
  const link = join(sandbox, containerPath);
  const below = relative(sandbox, link);
  const parts = containerPath.split('/');
  if (isAbsolute(containerPath) || below === '' || parts.includes('..')) {
    throw new VolumeError(`Volume container path '${containerPath}' must be below the sandbox`);
  }
  await mkdir(dirname(link), { recursive: true });
  const [root, parent] = await Promise.all([realpath(sandbox), realpath(dirname(link))]);
  if (parent !== root && !parent.startsWith(root + sep)) {
    throw new VolumeError(`Volume container path '${containerPath}' leads outside of the sandbox`);
  }
  const existing = await lstat(link).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (existing && !existing.isSymbolicLink()) {
    throw new VolumeError(`Volume container path '${containerPath}' exists in the sandbox already`);
  }
  return link;
}

function within(base: string, path: string): string {
  return isAbsolute(path) ? path : join(base, path);
}
