import { LaunchError } from '../../../errors.ts';
import { containerRoot, type LaunchPart, mountFlags, namespaceFlags, type PlannedMount } from '../../launch-plan.ts';
import type { Isolator } from '../isolator.ts';
import type { IsolatorParts } from '../isolator-parts.ts';

const mebibyte = 1024 * 1024;

/**
 * `namespaces/ipc`: a container has System V IPC objects and POSIX message queues of its own, and a /dev/shm of its own of
 * the size that its `shm_size` (in MiB) or `--default_container_shm_size` says. With `ipc_mode` `SHARE_PARENT` it has
 * those of the agent.
 *
 * A nested container shares those of its parent, unless it asks for `PRIVATE` ones. One with an image that says nothing has a
 * /dev/shm of its own.
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/namespaces/ipc.cpp
 */
export function ipcNamespace({ flags }: Pick<IsolatorParts, 'flags'>): Isolator {
  const own = (shm_size: number | undefined): LaunchPart => {
    const bytes = shm_size === undefined ? flags.default_container_shm_size : shm_size * mebibyte;
    return { clone_namespaces: [namespaceFlags.ipc, namespaceFlags.mnt], planned_mounts: [sharedMemory(bytes)] };
  };
  return {
    name: 'namespaces/ipc',
    provides: ['ipc namespace'],
    supportsNesting: true,
    supportsStandalone: true,
    async prepare(id, { container_info, rootfs }) {
      const { ipc_mode, shm_size } = container_info?.linux_info ?? {};
      if (shm_size !== undefined && (ipc_mode === 'SHARE_PARENT' || (id.parent && ipc_mode !== 'PRIVATE'))) {
        throw invalid("A size of /dev/shm cannot be set for a container that shares its parent's");
      }
      if (id.parent) return ipc_mode === 'PRIVATE' ? own(shm_size) : ofParent(ipc_mode === undefined && rootfs);
      if (ipc_mode !== 'SHARE_PARENT') return own(shm_size);
      if (!flags.disallow_sharing_agent_ipc_namespace) return undefined;
      throw invalid(
        'Sharing the IPC namespace of the agent is not allowed here (--disallow_sharing_agent_ipc_namespace)',
      );
    },
  };
}

/** @param hasOwnMemory its image has a /dev/shm already. */
function ofParent(hasOwnMemory: unknown): LaunchPart {
  const enter = { enter_namespaces: [namespaceFlags.ipc] };
  if (hasOwnMemory) return enter;
  const memory: PlannedMount = {
    ...{ source: '/dev/shm', target: '/dev/shm', targetRoot: containerRoot },
    ...{ flags: mountFlags.bind, fromParent: true, create: 'directory' },
  };
  return { ...enter, clone_namespaces: [namespaceFlags.mnt], planned_mounts: [memory] };
}

function sharedMemory(bytes: number | undefined): PlannedMount {
  return {
    ...{ source: 'shm', type: 'tmpfs', target: '/dev/shm', targetRoot: containerRoot },
    flags: mountFlags.noSetUid | mountFlags.noDevices | mountFlags.noExec,
    data: bytes === undefined ? 'mode=1777' : `mode=1777,size=${bytes}`,
    create: 'directory',
  };
}

function invalid(message: string): LaunchError {
  return new LaunchError('INVALID', message);
}
