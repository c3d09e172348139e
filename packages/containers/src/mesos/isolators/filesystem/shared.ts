import { stat } from 'node:fs/promises';
import { isAbsolute, normalize } from 'node:path';
import type { Volume } from '@meseta/protocol';
import { LaunchError } from '../../../errors.ts';
import { containerRoot, mountFlags, namespaceFlags, type PlannedMount } from '../../launch-plan.ts';
import type { Isolator } from '../isolator.ts';
import { makeInSandbox, partsOf } from '../volume/sandbox-directories.ts';

/**
 * `filesystem/shared`: parts of the machine's file system are replaced for a container. A volume's `host_path` appears at
 * its `container_path`, which must exist. A relative host path is a directory in the sandbox, made with the mode and
 * owner of the directory that it replaces: a private `/tmp` has host path `tmp` and container path `/tmp`.
 *
 * @see Mesos src/slave/containerizer/isolators/filesystem/shared.cpp
 */
export const sharedFilesystem: Isolator = {
  name: 'filesystem/shared',
  provides: ['host volumes', 'sandbox volumes'],
  async prepare(_id, { container_info, directory }) {
    const volumes = container_info?.volumes ?? [];
    if (volumes.length === 0) return undefined;
    checkTargets(volumes);
    const planned_mounts: PlannedMount[] = [];
    for (const volume of volumes) planned_mounts.push(await mountOf(volume, directory));
    return { clone_namespaces: [namespaceFlags.mnt], planned_mounts };
  },
};

/** One volume must not hide another. @throws {LaunchError} `INVALID` */
function checkTargets(volumes: readonly Volume[]): void {
  const targets = volumes.map(({ container_path }) => {
    if (!isAbsolute(container_path)) throw invalid(`container path '${container_path}' must be absolute`);
    return normalize(`${container_path}/`);
  });
  for (const [index, target] of targets.entries()) {
    const other = targets.findIndex((each, at) => at !== index && target.startsWith(each));
    if (other < 0) continue;
    const [path, hider] = [volumes[index]?.container_path, volumes[other]?.container_path];
    throw invalid(`container path '${path}' is hidden by the volume at '${hider}'`);
  }
}

async function mountOf({ host_path, container_path, mode }: Volume, sandbox: string): Promise<PlannedMount> {
  if (host_path === undefined) throw invalid(`the volume at '${container_path}' needs a host_path`);
  const target = await stat(container_path).catch(() => {
    throw invalid(`container path '${container_path}' does not exist on the agent`);
  });
  const inSandbox = !isAbsolute(host_path);
  if (inSandbox) {
    if (partsOf(host_path).includes('..')) throw invalid(`host path '${host_path}' must not contain '..'`);
    await makeInSandbox(sandbox, host_path, target);
  } else await mustExist(host_path);
  return {
    ...(inSandbox ? { source: host_path, sourceRoot: sandbox } : { source: host_path }),
    ...{ target: container_path, targetRoot: containerRoot },
    flags: mountFlags.bind | mountFlags.recursive,
    readOnly: mode === 'RO',
  };
}

async function mustExist(path: string): Promise<void> {
  await stat(path).catch(() => {
    throw invalid(`host path '${path}' does not exist on the agent`);
  });
}

function invalid(problem: string): LaunchError {
  return new LaunchError('INVALID', `Failed to prepare the shared file system: ${problem}`);
}
