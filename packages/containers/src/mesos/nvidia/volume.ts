/**
 * The volume /usr/local/nvidia, by which images get the programs and libraries of the driver: they must be of the same
 * version as the kernel's part. It is assembled in the container, of files of the machine that it can only read.
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/gpu/volume.cpp
 */
import { basename } from 'node:path';
import type { DockerV1ImageManifestConfig, EnvironmentVariable } from '@meseta/protocol';
import { containerRoot, type LaunchPart, mountFlags, type PlannedMount } from '../launch-plan.ts';
import type { NvidiaDriver } from './driver.ts';

const place = '/usr/local/nvidia';

/** Tells whether an image wants the volume: by the variable of newer ones, or the label of older ones. */
export function wantsVolume({ Env = [], Labels = {} }: DockerV1ImageManifestConfig): boolean {
  const asked = Env.find(variable => variable.startsWith('NVIDIA_VISIBLE_DEVICES='))?.split('=')[1];
  if (asked !== undefined) return asked !== '' && asked !== 'void';
  return 'com.nvidia.volumes.needed' in Labels;
}

/** Returns the mounts and links that make the volume. */
export function volumePart({
  programs,
  libraries,
}: NvidiaDriver): Required<Pick<LaunchPart, 'planned_mounts' | 'planned_links'>> {
  const directory = (bits: 32 | 64) => `${place}/lib${bits === 64 ? '64' : ''}`;
  const files = new Map(programs.map(path => [`${place}/bin/${basename(path)}`, path]));
  for (const { path, bits } of libraries) files.set(`${directory(bits)}/${basename(path)}`, path);
  const links = libraries.filter(({ name, path }) => name !== basename(path));
  const { bind, noSetUid, noDevices } = mountFlags;
  const own: PlannedMount = {
    ...{ source: 'nvidia', type: 'tmpfs', target: place, targetRoot: containerRoot, create: 'directory' },
    ...{ flags: noSetUid | noDevices, data: 'mode=755' },
  };
  return {
    planned_mounts: [
      own,
      ...[...files].map(([target, source]): PlannedMount => {
        return { source, target, targetRoot: containerRoot, flags: bind, create: 'file', readOnly: true };
      }),
    ],
    planned_links: links.map(({ name, path, bits }) => ({ path: `${directory(bits)}/${name}`, text: basename(path) })),
  };
}

/** Returns the variables by which programs find what is in the volume, in an image that has these. */
export function volumeVariables({ Env = [] }: DockerV1ImageManifestConfig): EnvironmentVariable[] {
  const paths = (name: string, added: readonly string[]): EnvironmentVariable => {
    const value = Env.findLast(variable => variable.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
    return { name, value: [...new Set([...value.split(':').filter(Boolean), ...added])].join(':') };
  };
  return [
    paths('PATH', [`${place}/bin`]),
    paths('LD_LIBRARY_PATH', ['/usr/local/cuda/compat', `${place}/lib`, `${place}/lib64`]),
  ];
}
