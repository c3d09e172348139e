import type { ContainerConfig, Volume } from '@meseta/protocol';
import type { ContainerizerFlags } from '../../../containerizer-flags.ts';
import { namespaceFlags, type PlannedFile } from '../../launch-plan.ts';
import { findSecret, type SecretResolver } from '../../secrets.ts';
import type { Isolator } from '../isolator.ts';
import { invalidVolume, volumePlace } from './targets.ts';

interface SecretParts {
  readonly flags: Pick<ContainerizerFlags, 'sandbox_directory'>;
  readonly secretResolver?: SecretResolver | undefined;
}

/**
 * `volume/secret`: volumes that are files with the value of a secret, in memory that only the container sees and that goes
 * with it. They belong to root, and everybody in the container may read them.
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/volume/secret.cpp
 */
export function secretVolume({ flags, secretResolver }: SecretParts): Isolator {
  return {
    name: 'volume/secret',
    provides: ['secret volumes'],
    supportsNesting: true,
    supportsStandalone: true,
    async prepare(_id, config) {
      const planned_files: PlannedFile[] = [];
      for (const volume of config.container_info?.volumes ?? []) {
        if (volume.source?.type !== 'SECRET') continue;
        planned_files.push(await fileOf(volume, config, { flags, secretResolver }));
      }
      return planned_files.length > 0 ? { clone_namespaces: [namespaceFlags.mnt], planned_files } : undefined;
    },
  };
}

async function fileOf(
  volume: Volume,
  config: ContainerConfig,
  { flags, secretResolver }: SecretParts,
): Promise<PlannedFile> {
  const secret = volume.source?.secret;
  if (secret === undefined) throw invalidVolume(volume.container_path, "its source has no 'secret'");
  const found = await findSecret(secret, secretResolver);
  if ('problem' in found) throw invalidVolume(volume.container_path, found.problem);
  const place = await volumePlace(volume, 'file', config, flags.sandbox_directory);
  return { ...place, contents: found.bytes, readOnly: volume.mode === 'RO' };
}
