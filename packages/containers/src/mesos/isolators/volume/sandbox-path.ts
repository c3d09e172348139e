import { stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { ContainerConfig, Volume } from '@meseta/protocol';
import type { PlannedMount } from '../../launch-plan.ts';
import type { Isolator } from '../isolator.ts';
import type { IsolatorParts } from '../isolator-parts.ts';
import { makeInSandbox, partsOf } from './sandbox-directories.ts';
import { invalidVolume, unlessMissing, volumeMount } from './targets.ts';

/**
 * `volume/sandbox_path`: volumes that show a directory of the container's own sandbox at another place: a private
 * directory `tmp` as `/tmp`. The directory is made when it is missing.
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/volume/sandbox_path.cpp
 */
export function sandboxPathVolume({ flags }: IsolatorParts): Isolator {
  return {
    name: 'volume/sandbox_path',
    provides: ['host volumes', 'sandbox volumes'],
    supportsNesting: true,
    supportsStandalone: true,
    async prepare(_id, config) {
      const planned_mounts: PlannedMount[] = [];
      for (const volume of config.container_info?.volumes ?? []) {
        const path = sandboxPathOf(volume);
        if (path !== undefined) planned_mounts.push(await mountOf(volume, path, config, flags.sandbox_directory));
      }
      return planned_mounts.length > 0 ? { planned_mounts } : undefined;
    },
  };
}

function sandboxPathOf({ host_path, source, container_path }: Volume): string | undefined {
  if (host_path !== undefined) return isAbsolute(host_path) ? undefined : host_path;
  if (source?.type !== 'SANDBOX_PATH') return undefined;
  const { type = 'UNKNOWN', path = '' } = source.sandbox_path ?? {};
  if (type !== 'SELF') {
    throw invalidVolume(
      container_path,
      `a sandbox path of type ${type} needs a parent container, which this one has not`,
    );
  }
  return path;
}

/** The directory gets the owner of the sandbox, and the mode of the directory that it replaces, if there is one. */
async function mountOf(volume: Volume, path: string, config: ContainerConfig, seenAt: string): Promise<PlannedMount> {
  const { container_path } = volume;
  const { directory, rootfs } = config;
  if (isAbsolute(path)) throw invalidVolume(container_path, `the sandbox path '${path}' must be relative`);
  const parts = partsOf(path);
  if (parts.length === 0 || parts.includes('..')) {
    throw invalidVolume(container_path, `the sandbox path '${path}' must name a directory in the sandbox`);
  }
  const { uid, gid } = await stat(directory);
  const replaced =
    rootfs === undefined && isAbsolute(container_path) ? await stat(container_path).catch(unlessMissing) : undefined;
  await makeInSandbox(directory, path, { uid, gid, mode: replaced?.mode ?? 0o755 });
  return volumeMount(volume, { path, root: directory, kind: 'directory' }, config, seenAt);
}
