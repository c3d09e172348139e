import { stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { ContainerConfig, ContainerID, Volume, VolumeSourceSandboxPath } from '@meseta/protocol';
import { containerKey } from '../../../container-id.ts';
import { switchUser } from '../../../switch-user.ts';
import type { VolumeGids } from '../../../volumes/gids/volume-gids.ts';
import { type LaunchPart, mountFlags, type PlannedMount } from '../../launch-plan.ts';
import type { Isolator } from '../isolator.ts';
import type { IsolatorParts } from '../isolator-parts.ts';
import { linkInSandbox, makeInSandbox, partsOf } from './sandbox-directories.ts';
import { invalidVolume, unlessMissing, volumeMount, volumePlace } from './targets.ts';

/** The sandbox of a container: on the machine, and as the container sees it. */
interface Sandbox {
  readonly directory: string;
  readonly seenAt: string;
}

/** What the isolator needs. It mounts volumes only with the linux launcher, whose cgroups are given. */
export type SandboxPathParts = Pick<IsolatorParts, 'cgroups' | 'volumeGids'> & {
  readonly flags: Pick<IsolatorParts['flags'], 'sandbox_directory'>;
};

/**
 * `volume/sandbox_path`: volumes that show a directory of a sandbox at another place. `SELF` is the container's own: a private
 * directory `tmp` as `/tmp`. `PARENT` is that of the container around a nested one, with the volumes that are mounted in it:
 * so the containers of a pod share files. The directory is made when it is missing.
 *
 * The posix launcher cannot mount. There the container path is in the sandbox, and a link.
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/volume/sandbox_path.cpp
 */
export function sandboxPathVolume({ flags, cgroups, volumeGids }: SandboxPathParts): Isolator {
  const sandboxes = new Map<string, Sandbox>();
  const add = (id: ContainerID, directory: string, hasImage: boolean) => {
    sandboxes.set(containerKey(id), { directory, seenAt: hasImage ? flags.sandbox_directory : directory });
  };
  const part = async (id: ContainerID, config: ContainerConfig): Promise<LaunchPart | undefined> => {
    const planned_mounts: PlannedMount[] = [];
    const supplementary_groups: number[] = [];
    for (const volume of config.container_info?.volumes ?? []) {
      const source = sandboxPathOf(volume);
      if (source === undefined) continue;
      checkPath(volume, source);
      const parent = source.type === 'PARENT' ? parentOf(id, volume, sandboxes) : undefined;
      if (cgroups === undefined) await link(volume, source.path, config.directory, parent?.directory);
      else if (parent) {
        planned_mounts.push(await mountOfParent(volume, source.path, parent, config, flags));
        if (volumeGids)
          supplementary_groups.push(...(await groupOf(volumeGids, source.path, parent.directory, config)));
      } else planned_mounts.push(await mountOfOwn(volume, source.path, config, flags.sandbox_directory));
    }
    if (planned_mounts.length === 0) return undefined;
    return { planned_mounts, ...(supplementary_groups.length > 0 && { supplementary_groups }) };
  };
  return {
    name: 'volume/sandbox_path',
    provides: ['sandbox volumes'],
    supportsNesting: true,
    supportsStandalone: true,
    async recover(states) {
      for (const { container_id, directory, container_info } of states) {
        add(container_id, directory, container_info?.mesos?.image !== undefined);
      }
    },
    async prepare(id, config) {
      add(id, config.directory, config.rootfs !== undefined);
      return part(id, config);
    },
    async cleanup(id) {
      const directory = sandboxes.get(containerKey(id))?.directory;
      sandboxes.delete(containerKey(id));
      if (directory !== undefined) await volumeGids?.releaseSandbox(directory);
    },
  };
}

type Source = Required<VolumeSourceSandboxPath>;

function sandboxPathOf({ host_path, source, container_path }: Volume): Source | undefined {
  if (host_path !== undefined) return isAbsolute(host_path) ? undefined : { type: 'SELF', path: host_path };
  if (source?.type !== 'SANDBOX_PATH') return undefined;
  const { type = 'UNKNOWN', path = '' } = source.sandbox_path ?? {};
  if (type === 'UNKNOWN') throw invalidVolume(container_path, 'the type of its sandbox path must be SELF or PARENT');
  return { type, path };
}

function checkPath({ container_path }: Volume, { path }: Source): void {
  if (isAbsolute(path)) throw invalidVolume(container_path, `the sandbox path '${path}' must be relative`);
  const parts = partsOf(path);
  if (parts.length > 0 && !parts.includes('..')) return;
  throw invalidVolume(container_path, `the sandbox path '${path}' must name a directory in the sandbox`);
}

function parentOf(id: ContainerID, { container_path }: Volume, sandboxes: ReadonlyMap<string, Sandbox>): Sandbox {
  const parent = id.parent && sandboxes.get(containerKey(id.parent));
  if (parent) return parent;
  const problem = id.parent ? 'whose sandbox is not known' : 'which this one has not';
  throw invalidVolume(container_path, `a sandbox path of type PARENT needs a parent container, ${problem}`);
}

/** It is looked for in the parent, when the parent's volumes are there. */
async function mountOfParent(
  volume: Volume,
  source: string,
  { seenAt }: Sandbox,
  config: ContainerConfig,
  flags: SandboxPathParts['flags'],
): Promise<PlannedMount> {
  return {
    ...{ source, sourceRoot: seenAt, flags: mountFlags.bind | mountFlags.recursive, fromParent: true },
    ...(await volumePlace(volume, 'directory', config, flags.sandbox_directory)),
    readOnly: volume.mode === 'RO',
  };
}

/**
 * Returns the group that lets a container of another user use a directory in its parent's sandbox; none for root and for the
 * owner. What is mounted there for the parent belongs to the group of that volume, which the launch has.
 */
async function groupOf(
  volumeGids: VolumeGids,
  path: string,
  root: string,
  { user, resources = [] }: ContainerConfig,
): Promise<number[]> {
  if (resources.some(({ disk }) => disk?.persistence && disk.volume?.container_path === path)) return [];
  const uid = user === undefined ? undefined : (await switchUser(user))?.uid;
  if (uid === undefined || uid === 0) return [];
  const parts = partsOf(path);
  const owner = await stat(root);
  if (owner.uid === uid) return [];
  try {
    await makeInSandbox(root, path, undefined, owner);
    return [await volumeGids.of('SANDBOX_PATH', { root, parts })];
  } catch (error) {
    unlessThere(error as NodeJS.ErrnoException);
    return []; // a file, or a link
  }
}

/** The directory gets the owner of the sandbox, and the mode of the directory that it replaces, if there is one. */
async function mountOfOwn(
  volume: Volume,
  path: string,
  config: ContainerConfig,
  seenAt: string,
): Promise<PlannedMount> {
  const { container_path } = volume;
  const { directory, rootfs } = config;
  const { uid, gid } = await stat(directory);
  const replaced =
    rootfs === undefined && isAbsolute(container_path) ? await stat(container_path).catch(unlessMissing) : undefined;
  await makeInSandbox(directory, path, { uid, gid, mode: replaced?.mode ?? 0o755 });
  return volumeMount(volume, { path, root: directory, kind: 'directory' }, config, seenAt);
}

/** Links are never followed while directories and the link are made; who follows it later may go where it leads, or not. */
async function link({ container_path }: Volume, path: string, sandbox: string, parent = sandbox): Promise<void> {
  const parts = partsOf(container_path);
  if (isAbsolute(container_path)) {
    throw invalidVolume(
      container_path,
      'an absolute container path needs the isolator filesystem/linux, which this agent does not have (--isolation)',
    );
  }
  if (parts.length === 0 || parts.includes('..')) {
    throw invalidVolume(container_path, 'the container path must name a place in the sandbox');
  }
  const failed = (cause: Error) => {
    throw invalidVolume(container_path, cause.message);
  };
  await makeInSandbox(parent, path, undefined, await stat(parent))
    .catch(unlessThere)
    .catch(failed);
  await linkInSandbox(sandbox, parts.join('/'), join(parent, ...partsOf(path)), await stat(sandbox)).catch(failed);
}

/** What is behind a link, such as that of a persistent volume, and files are not made. */
function unlessThere(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOTDIR' && error.code !== 'ELOOP') throw error;
}
