import type { ContainerKey } from '../../../container-id.ts';
import { containerKey } from '../../../container-id.ts';
import type { ContainerizerFlags } from '../../../containerizer-flags.ts';
import { rootfsMount } from '../../image-of-container.ts';
import type { PlannedMount } from '../../launch-plan.ts';
import type { Provisioner } from '../../provisioner/provisioner.ts';
import type { Isolator } from '../isolator.ts';
import { volumePlace } from './targets.ts';

/**
 * `volume/image`: volumes that show the files of an image. What the container changes there is its own.
 *
 * @returns undefined when the agent has no image provider.
 * @see Mesos src/slave/containerizer/mesos/isolators/volume/image.cpp
 */
export function imageVolume({
  flags,
  provisioner,
}: {
  readonly flags: Pick<ContainerizerFlags, 'sandbox_directory'>;
  readonly provisioner?: Provisioner | undefined;
}): Isolator | undefined {
  if (provisioner === undefined) return undefined;
  return {
    name: 'volume/image',
    provides: ['image volumes'],
    supportsNesting: true,
    supportsStandalone: true,
    async prepare(id, config) {
      const planned_mounts: PlannedMount[] = [];
      const key = containerKey(id) as ContainerKey; // of a container that is being launched: its id was checked
      for (const volume of config.container_info?.volumes ?? []) {
        if (volume.image === undefined) continue;
        const place = await volumePlace(volume, 'directory', config, flags.sandbox_directory);
        const { rootfs } = await provisioner.provision(key, volume.image);
        planned_mounts.push({ ...rootfsMount(rootfs), ...place, readOnly: volume.mode === 'RO' });
      }
      return planned_mounts.length > 0 ? { planned_mounts } : undefined;
    },
  };
}
