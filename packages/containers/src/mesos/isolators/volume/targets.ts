import { stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { ContainerConfig, Volume } from '@meseta/protocol';
import { LaunchError } from '../../../errors.ts';
import { mountFlags, type PlannedMount } from '../../launch-plan.ts';
import { partsOf } from './sandbox-directories.ts';

/** What a volume shows. */
export interface VolumeSource {
  readonly path: string;
  /** Links in the path do not lead out of it. */
  readonly root?: string;
  readonly kind: 'directory' | 'file';
}

/**
 * Plans the mount of a volume. A relative container path is in the sandbox and made there. An absolute one is made in the
 * container's root file system, when it has one of its own; otherwise it must exist.
 *
 * @param sandboxDirectory where a container with a root file system of its own sees its sandbox: `--sandbox_directory`.
 * @throws {LaunchError} `INVALID`
 * @see Mesos src/slave/containerizer/mesos/isolators/volume/host_path.cpp
 */
export async function volumeMount(
  volume: Volume,
  source: VolumeSource,
  config: ContainerConfig,
  sandboxDirectory: string,
): Promise<PlannedMount> {
  return {
    source: source.path,
    ...(source.root !== undefined && { sourceRoot: source.root }),
    ...(await volumePlace(volume, source.kind, config, sandboxDirectory)),
    flags: mountFlags.bind | mountFlags.recursive,
    readOnly: volume.mode === 'RO',
  };
}

/**
 * Returns where a volume is mounted, see {@link volumeMount}.
 *
 * @throws {LaunchError} `INVALID`
 */
export async function volumePlace(
  { container_path }: Volume,
  kind: VolumeSource['kind'],
  { directory, rootfs }: ContainerConfig,
  sandboxDirectory: string,
): Promise<Pick<PlannedMount, 'target' | 'targetRoot' | 'create'>> {
  checkContainerPath(container_path);
  const absolute = isAbsolute(container_path);
  if (absolute && rootfs === undefined) await mustExist(container_path);
  const place = placeOf(container_path, directory, rootfs, sandboxDirectory);
  return { ...place, ...((!absolute || rootfs !== undefined) && { create: kind }) };
}

/**
 * Checks the container path of a volume.
 *
 * @returns the path in its shortest form, by which paths can be compared.
 * @throws {LaunchError} `INVALID`
 */
export function checkContainerPath(path: string): string {
  const parts = partsOf(path);
  if (parts.length === 0) {
    throw invalidVolume(path, 'the container path must name a place in the sandbox or below the root');
  }
  if (parts.includes('..')) throw invalidVolume(path, "the container path must not contain '..'");
  return `${isAbsolute(path) ? '/' : ''}${parts.join('/')}`;
}

function placeOf(path: string, sandbox: string, rootfs: string | undefined, sandboxDirectory: string) {
  if (rootfs !== undefined) {
    return { target: isAbsolute(path) ? path : join(sandboxDirectory, path), targetRoot: rootfs };
  }
  return isAbsolute(path) ? { target: path } : { target: path, targetRoot: sandbox };
}

async function mustExist(path: string): Promise<void> {
  await stat(path).catch(() => {
    throw invalidVolume(path, 'the container path must exist, because the container has the file system of the agent');
  });
}

/** Takes a missing file for no result. Other errors are thrown. */
export function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}

/** Returns the error of a volume that cannot be mounted. */
export function invalidVolume(containerPath: string, problem: string): LaunchError {
  return new LaunchError('INVALID', `Failed to prepare the volume at '${containerPath}': ${problem}`);
}
