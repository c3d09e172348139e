import { readlinkSync } from 'node:fs';
import type { ContainerID } from '@meseta/protocol';
import { containerKey } from '../../../container-id.ts';
import type { ContainerizerFlags } from '../../../containerizer-flags.ts';
import { LaunchError } from '../../../errors.ts';
import { containerRoot, type LaunchPart, mountFlags, namespaceFlags, type PlannedMount } from '../../launch-plan.ts';
import { readOnlyKernelSettings } from '../filesystem/kernel-settings.ts';
import type { Isolator } from '../isolator.ts';

/** The /proc of the new namespace, over the machine's. */
const proc: PlannedMount = {
  ...{ source: 'proc', type: 'proc', target: '/proc', targetRoot: containerRoot },
  flags: mountFlags.noSetUid | mountFlags.noDevices | mountFlags.noExec,
  create: 'directory',
};

/**
 * `namespaces/pid`: a container sees and signals its own processes only, and all of them end with the first. Its /proc
 * shows these processes. The namespace of a nested container is below that of its parent, which sees its processes, too; with
 * `share_pid_namespace` it is that of its parent.
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/namespaces/pid.cpp
 */
export function pidNamespace({
  flags,
}: {
  readonly flags: Pick<ContainerizerFlags, 'disallow_sharing_agent_pid_namespace'>;
}): Isolator {
  /** Containers in the agent's namespace. */
  const inAgents = new Set<string>();
  const sharesAgents = (id: ContainerID) => {
    if (id.parent) return inAgents.has(containerKey(id.parent));
    if (!flags.disallow_sharing_agent_pid_namespace) return true;
    throw new LaunchError(
      'INVALID',
      'Sharing the pid namespace of the agent is not allowed here (--disallow_sharing_agent_pid_namespace)',
    );
  };
  return {
    name: 'namespaces/pid',
    provides: ['shared pid namespace'],
    supportsNesting: true,
    supportsStandalone: true,
    async recover(states) {
      const own = namespaceOf('self');
      for (const { container_id, pid } of states)
        if (namespaceOf(pid) === own) inAgents.add(containerKey(container_id));
    },
    async prepare(id, { container_info, rootfs }): Promise<LaunchPart | undefined> {
      const enter = id.parent ? { enter_namespaces: [namespaceFlags.pid] } : {};
      if (container_info?.linux_info?.share_pid_namespace) {
        if (!sharesAgents(id)) return { ...enter, ...ownProc(rootfs) };
        inAgents.add(containerKey(id));
        return undefined;
      }
      const { clone_namespaces, planned_mounts } = ownProc(rootfs);
      return { ...enter, clone_namespaces: [namespaceFlags.pid, ...clone_namespaces], planned_mounts };
    },
    async cleanup(id) {
      inAgents.delete(containerKey(id));
    },
  };
}

/** Shows the processes of the container's namespace, whichever that is. */
function ownProc(rootfs: string | undefined) {
  const planned_mounts = rootfs === undefined ? [proc] : [proc, ...readOnlyKernelSettings];
  return { clone_namespaces: [namespaceFlags.mnt], planned_mounts };
}

/** Returns what identifies the pid namespace of a process; undefined when that has ended. */
function namespaceOf(pid: number | 'self'): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}
