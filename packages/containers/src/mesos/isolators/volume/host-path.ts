import { stat } from 'node:fs/promises';
import { isAbsolute, normalize } from 'node:path';
import type { Volume } from '@meseta/protocol';
import { makeDirectories } from '@meseta/system';
import type { Isolator } from '../isolator.ts';
import type { IsolatorParts } from '../isolator-parts.ts';
import { invalidVolume, unlessMissing, type VolumeSource, volumeMount } from './targets.ts';

/**
 * `volume/host_path`: volumes that show files and directories of the machine. They must exist, unless they are below a
 * directory of `--host_path_volume_force_creation`.
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/volume/host_path.cpp
 */
export function hostPathVolume({ flags }: IsolatorParts): Isolator {
  const madeBelow = (flags.host_path_volume_force_creation ?? '').split(':').filter(path => path !== '');
  return {
    name: 'volume/host_path',
    provides: ['host volumes'],
    supportsNesting: true,
    supportsStandalone: true,
    async prepare(_id, config) {
      const planned_mounts = [];
      for (const volume of config.container_info?.volumes ?? []) {
        const path = hostPathOf(volume);
        if (path === undefined) continue;
        planned_mounts.push(
          await volumeMount(volume, await sourceAt(volume, path, madeBelow), config, flags.sandbox_directory),
        );
      }
      return planned_mounts.length > 0 ? { planned_mounts } : undefined;
    },
  };
}

/** Returns the path of a volume of the machine; undefined for other volumes. A relative path is one of the sandbox. */
function hostPathOf({ host_path, source, container_path }: Volume): string | undefined {
  if (host_path !== undefined) return isAbsolute(host_path) ? host_path : undefined;
  if (source?.type !== 'HOST_PATH') return undefined;
  const { path = '', mount_propagation } = source.host_path ?? {};
  if (mount_propagation?.mode === 'BIDIRECTIONAL') {
    throw invalidVolume(
      container_path,
      "mounts that a container makes are not shown to the agent's machine (BIDIRECTIONAL)",
    );
  }
  if (!isAbsolute(path)) throw invalidVolume(container_path, `the host path '${path}' must be absolute`);
  return path;
}

async function sourceAt(volume: Volume, path: string, madeBelow: readonly string[]): Promise<VolumeSource> {
  const clean = normalize(path);
  const found = await stat(clean).catch(unlessMissing);
  if (found) return { path: clean, kind: found.isDirectory() ? 'directory' : 'file' };
  const made = madeBelow.some(each => clean.startsWith(`${normalize(each).replace(/\/$/, '')}/`));
  if (!made) throw invalidVolume(volume.container_path, `the host path '${path}' does not exist on the agent`);
  await makeDirectories(clean);
  return { path: clean, kind: 'directory' };
}
