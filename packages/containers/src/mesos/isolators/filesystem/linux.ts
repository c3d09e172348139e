/**
 * `filesystem/linux`: a mount namespace for each container, in which its volumes are mounted, persistent ones included; and
 * the root file system of an image with what every program expects there: /proc, /sys, /dev and the sandbox.
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/filesystem/linux.cpp; src/linux/fs.cpp, chroot::prepare
 */
import type { ContainerConfig, ContainerID, ContainerState, Resource } from '@meseta/protocol';
import { type ProcessId, readProcess } from '@meseta/system';
import { containerKey } from '../../../container-id.ts';
import type { ContainerizerFlags } from '../../../containerizer-flags.ts';
import { LaunchError } from '../../../errors.ts';
import { type LaunchPart, namespaceFlags } from '../../launch-plan.ts';
import type { Isolator } from '../isolator.ts';
import { invalidVolume } from '../volume/targets.ts';
import { changeMounts } from './change-mounts.ts';
import { rootPart } from './root-part.ts';
import { type PersistentMount, persistentMounts, planVolumes } from './volume-mounts.ts';

/** What the isolator needs. */
export interface LinuxFilesystemParts {
  readonly flags: Pick<ContainerizerFlags, 'sandbox_directory' | 'work_dir'>;
}

interface Mounted {
  readonly sandbox: string;
  /** Where the sandbox is in the container. */
  readonly seenAt: string;
  /** Undefined before the fork. */
  process: ProcessId | undefined;
  /** Volumes that are mounted. */
  volumes: readonly PersistentMount[];
  /** An earlier agent launched it, and may have mounted volumes that are not known. */
  readonly isRecovered: boolean;
  /** Changes follow one another. */
  last: Promise<unknown>;
}

/** See the top of this file. */
export class LinuxFilesystem implements Isolator {
  readonly name = 'filesystem/linux';
  readonly supportsNesting = true;
  readonly supportsStandalone = true;
  readonly #flags: LinuxFilesystemParts['flags'];
  readonly #containers = new Map<string, Mounted>();

  constructor({ flags }: LinuxFilesystemParts) {
    this.#flags = flags;
  }

  /** The volumes of tasks of a custom executor are known with the next `update`. */
  async recover(states: readonly ContainerState[]): Promise<void> {
    for (const { container_id, directory, container_info, executor_info, pid } of states) {
      const hasImage = container_info?.mesos?.image !== undefined;
      this.#add(container_id, directory, hasImage, executor_info?.resources ?? [], readProcess(pid));
    }
  }

  async prepare(id: ContainerID, config: ContainerConfig): Promise<LaunchPart> {
    const { rootfs, directory, resources = [] } = config;
    const { volumes } = this.#add(id, directory, rootfs !== undefined, resources);
    const { inSandbox, elsewhere } = await planVolumes(volumes, config, this.#flags.sandbox_directory);
    const root = rootfs === undefined ? {} : rootPart(rootfs, directory, this.#flags.sandbox_directory);
    const planned_mounts = [...inSandbox, ...(root.planned_mounts ?? []), ...elsewhere];
    return { clone_namespaces: [namespaceFlags.mnt], ...root, planned_mounts };
  }

  async isolate(id: ContainerID, pid: number): Promise<void> {
    const container = this.#containers.get(containerKey(id));
    if (container) container.process = readProcess(pid);
  }

  async mountVolumes(id: ContainerID, resources: readonly Resource[]): Promise<void> {
    await this.#change(id, async container => {
      const wanted = persistentMounts(this.#flags.work_dir, resources);
      for (const volume of wanted) {
        const taken = container.volumes.find(({ containerPath }) => containerPath === volume.containerPath);
        if (taken?.source === volume.source && !container.isRecovered) continue;
        if (taken && taken.source !== volume.source)
          throw invalidVolume(volume.containerPath, `it is taken by the volume '${taken.source}'`);
        await changeMounts('mount', { ...container, process: processOf(id, container) }, volume);
        if (!taken) container.volumes = [...container.volumes, volume];
      }
    });
  }

  /** Takes away the volumes that the container does not have any more. */
  async update(id: ContainerID, resources: readonly Resource[]): Promise<void> {
    await this.#change(id, async container => {
      const kept = persistentMounts(this.#flags.work_dir, resources);
      if (container.isRecovered) container.volumes = [...container.volumes, ...unknown(kept, container.volumes)];
      for (const volume of container.volumes) {
        if (kept.some(each => each.containerPath === volume.containerPath)) continue;
        await changeMounts('unmount', { ...container, process: processOf(id, container) }, volume);
        container.volumes = container.volumes.filter(each => each !== volume);
      }
    });
  }

  async cleanup(id: ContainerID): Promise<void> {
    this.#containers.delete(containerKey(id));
  }

  #add(
    id: ContainerID,
    sandbox: string,
    hasImage: boolean,
    resources: readonly Resource[],
    recovered?: ProcessId,
  ): Mounted {
    const volumes = persistentMounts(this.#flags.work_dir, resources);
    const seenAt = hasImage ? this.#flags.sandbox_directory : sandbox;
    const container: Mounted = {
      ...{ sandbox, seenAt, volumes, last: Promise.resolve() },
      process: recovered,
      isRecovered: recovered !== undefined,
    };
    this.#containers.set(containerKey(id), container);
    return container;
  }

  #change(id: ContainerID, change: (container: Mounted) => Promise<void>): Promise<void> {
    const container = this.#containers.get(containerKey(id));
    if (!container) return Promise.resolve();
    const changed = container.last.then(() => change(container));
    container.last = changed.catch(() => {}); // the caller gets the failure
    return changed;
  }
}

const unknown = (volumes: readonly PersistentMount[], known: readonly PersistentMount[]) =>
  volumes.filter(({ containerPath }) => !known.some(each => each.containerPath === containerPath));

function processOf(id: ContainerID, { process }: Mounted): ProcessId {
  if (process) return process;
  throw new LaunchError('DESTROYED', `Container ${containerKey(id)} has no process whose mounts can be changed`);
}
