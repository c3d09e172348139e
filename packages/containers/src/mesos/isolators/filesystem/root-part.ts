import { type LaunchPart, mountFlags, type PlannedMount } from '../../launch-plan.ts';
import { readOnlyKernelSettings } from './kernel-settings.ts';

const { bind, recursive, readOnly, noSetUid, noDevices, noExec } = mountFlags;

/** Device files that every program may use. */
const devices = ['full', 'null', 'random', 'tty', 'urandom', 'zero'];
const links = { fd: '/proc/self/fd', stdin: '/proc/self/fd/0', stdout: '/proc/self/fd/1', stderr: '/proc/self/fd/2' };

/**
 * Returns what every program expects in the root file system of an image: /proc, /sys, /dev and the sandbox.
 *
 * @param sandboxDirectory where the sandbox is shown: `--sandbox_directory`.
 */
export function rootPart(root: string, sandbox: string, sandboxDirectory: string): LaunchPart {
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
