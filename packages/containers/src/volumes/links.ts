/**
 * Links to persistent volumes in sandboxes, for containers with the file system of the machine. The sandbox belongs to the
 * task's user, so every name in it is resolved when it is used, and no link on the way is followed.
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/filesystem/posix.cpp
 */
import { stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { Directory } from '../fetcher/directory.ts';
import { VolumeError } from './persistent-volume.ts';

/**
 * Makes the link by which a task sees a volume, and the directories that lead to it. A link in its place is replaced.
 *
 * @param containerPath of the volume, below the sandbox.
 * @throws {VolumeError} when the path leads out of the sandbox or is taken by something else.
 */
export async function linkVolume(sandbox: string, containerPath: string, volume: string): Promise<void> {
  const { parents, name } = splitPath(containerPath);
  await inDirectory(sandbox, parents, { create: true }, containerPath, directory => directory.link(name, volume));
}

/** Removes the link to a volume. Does nothing when something else is there. */
export async function unlinkVolume(sandbox: string, containerPath: string, volume: string): Promise<void> {
  const { parents, name } = splitPath(containerPath);
  await inDirectory(sandbox, parents, { create: false }, containerPath, directory => directory.unlink(name, volume));
}

async function inDirectory(
  sandbox: string,
  parents: readonly string[],
  options: { readonly create: boolean },
  containerPath: string,
  act: (directory: Directory) => Promise<void>,
): Promise<void> {
  let directory: Directory | undefined;
  try {
    directory = await Directory.open(sandbox, await stat(sandbox));
    for (const name of parents) {
      const below: Directory = await directory.enter(name, options);
      await directory.close();
      directory = below;
    }
    await act(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !options.create) return;
    if (code === 'ENOTDIR') throw refused(containerPath, 'leads through what is not a directory in the sandbox');
    if (code === 'EEXIST') throw refused(containerPath, 'exists in the sandbox already');
    throw error;
  } finally {
    await directory?.close();
  }
}

function splitPath(containerPath: string): { readonly parents: readonly string[]; readonly name: string } {
  const parts = containerPath.split('/').filter(part => part !== '' && part !== '.');
  const name = parts.pop();
  if (isAbsolute(containerPath) || name === undefined || [...parts, name].includes('..')) {
    throw refused(containerPath, 'must be below the sandbox');
  }
  return { parents: parts, name };
}

const refused = (path: string, why: string) => new VolumeError(`Volume container path '${path}' ${why}`);
