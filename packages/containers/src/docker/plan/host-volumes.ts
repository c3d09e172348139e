/** `--docker_volumes`: which volumes of the host containers may have. */
import type { ContainerInfo, Parameter, Resource, Volume } from '@meseta/protocol';
import { LaunchError } from '../../errors.ts';
import { isVolume } from '../../volumes/persistent-volume.ts';

/**
 * - `all`: those that frameworks ask for, and the sandbox
 * - `no-sandbox`: those that frameworks ask for
 * - `none`: a container that asks for one is refused
 */
export type HostVolumes = 'all' | 'no-sandbox' | 'none';

/** Returns what the text of the flag says; `all` for one that is not given. */
export function hostVolumesOf(text: string | undefined): HostVolumes {
  return text === 'no-sandbox' || text === 'none' ? text : 'all';
}

/**
 * Refuses a container that asks for a path of the host, in whatever way. Volumes of the engine are none of the host.
 *
 * @throws {LaunchError} `REFUSED`, naming the volume.
 */
export function refuseHostVolumes({ docker, volumes = [] }: ContainerInfo, resources: readonly Resource[]): void {
  const asked =
    first(volumes, ofVolume) ??
    first(resources.filter(isVolume), ofPersistentVolume) ??
    first(docker?.parameters ?? [], ofParameter);
  if (asked === undefined) return;
  const allowed = 'volumes of the engine, which have a source of type DOCKER_VOLUME';
  throw new LaunchError(
    'REFUSED',
    `${asked} asks for a path of the host, which this agent's Docker containers cannot have (--docker_volumes=none); allowed: ${allowed}`,
  );
}

function first<T>(all: readonly T[], check: (each: T) => string | undefined): string | undefined {
  for (const each of all) {
    const found = check(each);
    if (found !== undefined) return found;
  }
  return undefined;
}

function ofVolume({ container_path, host_path, source }: Volume): string | undefined {
  const volume = (path: string | undefined) => `The volume '${path ?? ''}' at '${container_path}'`;
  if (host_path !== undefined) return volume(host_path);
  if (source?.type === 'HOST_PATH') return volume(source.host_path?.path);
  if (source?.type === 'SANDBOX_PATH') return volume(source.sandbox_path?.path);
  const { name = '', driver_options } = source?.docker_volume ?? {};
  // The engine's own driver mounts any path of the host that these options name.
  const device = driver_options?.parameter?.find(({ key, value }) => key === 'device' && isHostPath(value));
  if (device) return `The option 'device=${device.value}' of the volume '${name}' at '${container_path}'`;
  return isHostPath(name) ? volume(name) : undefined;
}

function ofPersistentVolume({ disk }: Resource): string {
  return `The persistent volume '${disk?.persistence?.id}' at '${disk?.volume?.container_path}'`;
}

function ofParameter({ key, value = '' }: Parameter): string | undefined {
  const name = key.replace(/^-{1,2}/, '');
  const isVolumeName = name === 'volume' || name === 'v';
  // A path alone is one of the container.
  const asks = isVolumeName ? value.includes(':') && isHostPath(value) : name === 'mount' && mountsHostPath(value);
  return asks ? `The parameter '${key}' with the value '${value}'` : undefined;
}

function mountsHostPath(value: string): boolean {
  return value.split(',').some(field => {
    const [name = '', text = ''] = field.split('=');
    return (name === 'type' && text === 'bind') || (/^(source|src)$/.test(name) && isHostPath(text));
  });
}

/** As the engine has it, names of volumes begin with a letter or a digit. */
function isHostPath(source: string): boolean {
  return /^[/.~]/.test(source);
}
