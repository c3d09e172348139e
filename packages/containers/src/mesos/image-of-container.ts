import type { ContainerConfig, DockerV1ImageManifest } from '@meseta/protocol';
import { type ContainerId, containerKey } from '../container-id.ts';
import { mountFlags, type PlannedMount } from './launch-plan.ts';
import type { Rootfs } from './provisioner/backends/backend.ts';
import type { ImageRuntime } from './provisioner/docker/image-config.ts';
import type { Provisioner } from './provisioner/provisioner.ts';

/** A container's configuration as isolators see it, and how its root file system is mounted. */
export interface ConfigWithImage {
  readonly config: ContainerConfig;
  /** To be made before all other mounts. */
  readonly mounts: readonly PlannedMount[];
}

/**
 * Provisions the image of a container, if it has one, and adds its root file system and its description to the
 * configuration, as in Mesos: isolators read them there.
 *
 * @throws {ImageError}
 * @see Mesos src/slave/containerizer/mesos/containerizer.cpp, prepare
 */
export async function withImage(
  id: ContainerId,
  config: ContainerConfig,
  provisioner: Provisioner | undefined,
): Promise<ConfigWithImage> {
  const image = config.container_info?.mesos?.image;
  if (image === undefined || provisioner === undefined) return { config, mounts: [] };
  const { rootfs, runtime } = await provisioner.provision(containerKey(id), image);
  const docker = { manifest: manifestOf(runtime) };
  const mounts = rootfs.backend === 'overlay' ? [{ ...rootfsMount(rootfs), target: rootfs.target }] : [];
  return { config: { ...config, rootfs: rootfs.target, docker }, mounts };
}

/**
 * Returns how a root file system appears somewhere: an overlay is mounted, files that were copied are bound. Device files that
 * an image brings cannot be used: one could be the machine's disk.
 */
export function rootfsMount(rootfs: Rootfs): Omit<PlannedMount, 'target' | 'targetRoot' | 'create'> {
  const { bind, recursive, noDevices } = mountFlags;
  if (rootfs.backend === 'copy') return { source: rootfs.target, flags: bind | recursive | noDevices };
  return { source: 'overlay', type: 'overlay', flags: noDevices, data: rootfs.options };
}

/** Returns what isolators know of an image: Mesos's form of its configuration. */
function manifestOf(runtime: ImageRuntime): DockerV1ImageManifest {
  const { entrypoint, cmd, environment, workingDirectory, user, labels } = runtime;
  return {
    config: {
      Entrypoint: [...entrypoint],
      Cmd: [...cmd],
      Env: environment.map(({ name, value }) => `${name}=${value}`),
      ...(workingDirectory !== undefined && { WorkingDir: workingDirectory }),
      ...(user !== undefined && { User: user }),
      Labels: { ...labels },
    },
  };
}
