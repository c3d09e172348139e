import type { ContainerizerFlags } from '../../../containerizer-flags.ts';
import { LaunchError } from '../../../errors.ts';
import { containerRoot, mountFlags, namespaceFlags, type PlannedMount } from '../../launch-plan.ts';
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
 * shows these processes.
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/namespaces/pid.cpp
 */
export function pidNamespace({
  flags,
}: {
  readonly flags: Pick<ContainerizerFlags, 'disallow_sharing_agent_pid_namespace'>;
}): Isolator {
  return {
    name: 'namespaces/pid',
    provides: ['shared pid namespace'],
    supportsNesting: true,
    supportsStandalone: true,
    async prepare(_id, { container_info, rootfs }) {
      if (container_info?.linux_info?.share_pid_namespace) {
        if (!flags.disallow_sharing_agent_pid_namespace) return undefined;
        throw new LaunchError(
          'INVALID',
          'Sharing the pid namespace of the agent is not allowed here (--disallow_sharing_agent_pid_namespace)',
        );
      }
      return {
        clone_namespaces: [namespaceFlags.pid, namespaceFlags.mnt],
        planned_mounts: rootfs === undefined ? [proc] : [proc, ...readOnlyKernelSettings],
      };
    },
  };
}
