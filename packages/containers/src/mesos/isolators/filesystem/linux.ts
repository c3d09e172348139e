import type { ContainerizerFlags } from '../../../containerizer-flags.ts';
import { type LaunchPart, mountFlags, namespaceFlags, type PlannedMount } from '../../launch-plan.ts';
import type { Isolator } from '../isolator.ts';
import { readOnlyKernelSettings } from './kernel-settings.ts';

const { bind, recursive, readOnly, noSetUid, noDevices, noExec } = mountFlags;

/**
 * `filesystem/linux`: a mount namespace for each container, in which its volumes are mounted; and the root file system of
 * an image with what every program expects there: /proc, /sys, /dev and the sandbox.
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/filesystem/linux.cpp; src/linux/fs.cpp, chroot::prepare
 */
export function linuxFilesystem({
  flags,
}: {
  readonly flags: Pick<ContainerizerFlags, 'sandbox_directory'>;
}): Isolator {
  return {
    name: 'filesystem/linux',
    supportsNesting: true,
    supportsStandalone: true,
    async prepare(_id, { rootfs, directory }) {
      const clone_namespaces = [namespaceFlags.mnt];
      if (rootfs === undefined) return { clone_namespaces };
      return { clone_namespaces, ...rootPart(rootfs, directory, flags.sandbox_directory) };
    },
  };
}

/** Device files that every program may use. */
const devices = ['full', 'null', 'random', 'tty', 'urandom', 'zero'];
const links = { fd: '/proc/self/fd', stdin: '/proc/self/fd/0', stdout: '/proc/self/fd/1', stderr: '/proc/self/fd/2' };

function rootPart(root: string, sandbox: string, sandboxDirectory: string): LaunchPart {
  const at = (target: string, mount: Omit<PlannedMount, 'target' | 'targetRoot'>): PlannedMount => ({
    ...{ create: 'directory', ...mount },
    ...{ target, targetRoot: root },
  });
  const devicesAt = devices.map(name => at(`/dev/${name}`, { source: `/dev/${name}`, flags: bind, create: 'file' }));
  return {
    root,
    planned_mounts: [
      at('/proc', { source: 'proc', type: 'proc', flags: noSetUid | noDevices | noExec }),
      ...readOnlyKernelSettings,
      at('/sys', { source: 'sysfs', type: 'sysfs', flags: readOnly | noSetUid | noDevices | noExec }),
      at('/dev', { source: 'tmpfs', type: 'tmpfs', flags: noSetUid | noExec, data: 'mode=755' }),
      at('/dev/pts', {
        source: 'devpts',
        type: 'devpts',
        flags: noSetUid | noExec,
        data: 'newinstance,ptmxmode=0666,mode=620',
      }),
      at('/dev/shm', { source: 'shm', type: 'tmpfs', flags: noSetUid | noDevices | noExec, data: 'mode=1777' }),
      ...devicesAt,
      at(sandboxDirectory, { source: sandbox, flags: bind | recursive }),
    ],
    planned_links: [
      ...Object.entries(links).map(([name, text]) => ({ path: `/dev/${name}`, text })),
      { path: '/dev/ptmx', text: 'pts/ptmx' },
    ],
  };
}
