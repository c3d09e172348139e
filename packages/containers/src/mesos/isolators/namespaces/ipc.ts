import { LaunchError } from '../../../errors.ts';
import { containerRoot, mountFlags, namespaceFlags, type PlannedMount } from '../../launch-plan.ts';
import type { Isolator } from '../isolator.ts';
import type { IsolatorParts } from '../isolator-parts.ts';

const mebibyte = 1024 * 1024;

/**
 * `namespaces/ipc`: a container has System V IPC objects and POSIX message queues of its own, and a /dev/shm of its own of
 * the size that its `shm_size` (in MiB) or `--default_container_shm_size` says. With `ipc_mode` `SHARE_PARENT` it has
 * those of the agent.
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/namespaces/ipc.cpp
 */
export function ipcNamespace({ flags }: IsolatorParts): Isolator {
  return {
    name: 'namespaces/ipc',
    provides: ['ipc namespace'],
    supportsNesting: true,
    supportsStandalone: true,
    async prepare(_id, { container_info }) {
      const { ipc_mode, shm_size } = container_info?.linux_info ?? {};
      if (ipc_mode === 'SHARE_PARENT') {
        if (shm_size !== undefined)
          throw invalid("A size of /dev/shm cannot be set for a container that shares its parent's");
        if (flags.disallow_sharing_agent_ipc_namespace) {
          throw invalid(
            'Sharing the IPC namespace of the agent is not allowed here (--disallow_sharing_agent_ipc_namespace)',
          );
        }
        return undefined;
      }
      const bytes = shm_size === undefined ? flags.default_container_shm_size : shm_size * mebibyte;
      return { clone_namespaces: [namespaceFlags.ipc, namespaceFlags.mnt], planned_mounts: [sharedMemory(bytes)] };
    },
  };
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
