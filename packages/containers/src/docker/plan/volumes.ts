/** What a container sees of the host: its sandbox, volumes, and persistent volumes. */
import { isAbsolute, join, posix } from 'node:path';
import type { MountPropagation, Resource, Volume, VolumeSourceDockerVolume } from '@meseta/protocol';
import { isVolume, volumePath } from '../../volumes/persistent-volume.ts';
import type { Mount } from './container-body.ts';
import { planError } from './plan-error.ts';

/** Where things are. */
export interface VolumePlaces {
  /** The sandbox on the host. */
  readonly sandbox: string;
  /** Where the container sees it; undefined: nowhere. */
  readonly mappedSandbox: string | undefined;
  /** `--work_dir`, where persistent volumes are. */
  readonly workDirectory: string;
}

/** The parts of a body that are about volumes. */
export interface VolumePlan {
  /** `host:container[:options]`. */
  readonly binds: string[];
  readonly mounts: Mount[];
  readonly driver: string | undefined;
}

/**
 * Plans the volumes of a container.
 *
 * @param driver of the container's named volumes, of old frameworks.
 * @throws {LaunchError} a volume is of a kind that Docker has not, or its path cannot be said to the engine.
 * @see Mesos src/docker/docker.cpp, Docker::RunOptions::create
 */
export function volumePlan(
  volumes: readonly Volume[],
  resources: readonly Resource[],
  places: VolumePlaces,
  driver: string | undefined,
): VolumePlan {
  const binds: string[] = [];
  const mounts: Mount[] = [];
  const { sandbox, mappedSandbox } = places;
  if (mappedSandbox !== undefined) binds.push(bindOf(sandbox, mappedSandbox));
  for (const volume of resources.filter(isVolume)) {
    const { container_path: path = '', mode } = volume.disk?.volume ?? {};
    binds.push(bindOf(volumePath(places.workDirectory, volume), targetOf(path, places), mode === 'RO' ? ['ro'] : []));
  }
  for (const volume of volumes) {
    const planned = plannedVolume(volume, places);
    if (typeof planned === 'string') binds.push(planned);
    else mounts.push(planned);
  }
  return { binds, mounts, driver };
}

function plannedVolume(
  { container_path, host_path, image, source, mode }: Volume,
  places: VolumePlaces,
): string | Mount {
  const target = targetOf(container_path, places);
  const options = mode === 'RO' ? ['ro'] : [];
  if (image !== undefined)
    throw planError(`The volume at '${container_path}' is an image, which Docker containers cannot have`);
  if (host_path !== undefined) return bindOf(hostPath(host_path, places), target, options);
  switch (source?.type) {
    case undefined:
      return { Type: 'volume', Target: target, ReadOnly: mode === 'RO' };
    case 'HOST_PATH':
      return bindOf(hostPath(source.host_path?.path ?? '', places), target, [
        ...options,
        ...propagationOf(source.host_path?.mount_propagation),
      ]);
    case 'SANDBOX_PATH':
      if (source.sandbox_path?.type === 'PARENT')
        throw planError(
          `The volume at '${container_path}' is of a parent's sandbox; Docker containers have no parents`,
        );
      return bindOf(inSandbox(source.sandbox_path?.path ?? '', places), target, options);
    case 'DOCKER_VOLUME':
      return namedVolume(source.docker_volume, target, mode === 'RO');
    default:
      throw planError(
        `The volume at '${container_path}' is of type ${source?.type}; those of Docker containers: HOST_PATH, SANDBOX_PATH, DOCKER_VOLUME`,
      );
  }
}

function namedVolume(volume: VolumeSourceDockerVolume | undefined, target: string, readOnly: boolean): Mount {
  const { name = '', driver, driver_options } = volume ?? {};
  const entries = (driver_options?.parameter ?? []).map(({ key, value }) => [key, value] as const);
  return {
    ...{ Type: 'volume', Source: name, Target: target, ReadOnly: readOnly },
    ...(driver !== undefined && {
      VolumeOptions: {
        DriverConfig: { Name: driver, ...(entries.length > 0 && { Options: Object.fromEntries(entries) }) },
      },
    }),
  };
}

const propagations: Partial<Record<NonNullable<MountPropagation['mode']>, string>> = {
  HOST_TO_CONTAINER: 'rslave',
  BIDIRECTIONAL: 'rshared',
};

function propagationOf(propagation: MountPropagation | undefined): string[] {
  const word = propagation?.mode && propagations[propagation.mode];
  return word === undefined ? [] : [word];
}

/** A path of the host; a relative one is in the sandbox. */
function hostPath(path: string, places: VolumePlaces): string {
  return isAbsolute(path) ? path : inSandbox(path, places);
}

function inSandbox(path: string, { sandbox }: VolumePlaces): string {
  if (isAbsolute(path) || leavesItsPlace(path))
    throw planError(`The path '${path}' of a volume is not in the sandbox; allowed: a relative one without '..'`);
  return join(sandbox, path);
}

/** Where the container sees a volume; a relative path is in what it sees of its sandbox. */
function targetOf(path: string, { mappedSandbox }: VolumePlaces): string {
  if (path === '') throw planError("A volume has no 'container_path'");
  if (posix.isAbsolute(path)) return path;
  if (leavesItsPlace(path)) throw planError(`The path '${path}' in the container has '..', which is not allowed`);
  if (mappedSandbox === undefined)
    throw planError(`The path '${path}' in the container is relative to the sandbox, which it does not see`);
  return posix.join(mappedSandbox, path);
}

function leavesItsPlace(path: string): boolean {
  return path.split('/').includes('..');
}

function bindOf(host: string, target: string, options: readonly string[] = []): string {
  for (const path of [host, target]) {
    if (path.includes(':')) throw planError(`The path '${path}' of a volume has a colon, which Docker does not allow`);
  }
  return [host, target, ...(options.length > 0 ? [options.join(',')] : [])].join(':');
}
