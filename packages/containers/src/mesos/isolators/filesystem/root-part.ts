import {
  type DeviceNode,
  type LaunchPart,
  mountFlags,
  type PlannedDevice,
  type PlannedMount,
} from '../../launch-plan.ts';
import { readOnlyKernelSettings } from './kernel-settings.ts';

const { bind, recursive, readOnly, noSetUid, noDevices, noExec } = mountFlags;

/** Device files that every program may use, with their numbers. */
const devices = { full: [1, 7], null: [1, 3], random: [1, 8], tty: [5, 0], urandom: [1, 9], zero: [1, 5] } as const;

/** Their paths, and those of what else is always there. */
export const standardDevices: ReadonlySet<string> = new Set([
  ...Object.keys(devices).map(name => `/dev/${name}`),
  ...['/dev/ptmx', '/dev/fd', '/dev/stdin', '/dev/stdout', '/dev/stderr', '/dev/pts', '/dev/shm'],
]);

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
  const devicesAt = Object.entries(devices).map(([name, [major, minor]]): PlannedDevice => {
    const device: DeviceNode = { kind: 'character', number: (major << 8) | minor, mode: 0o666 };
    return { target: `/dev/${name}`, targetRoot: root, device };
  });
  return {
    root,
    planned_mounts: [
      at('/proc', { source: 'proc', type: 'proc', flags: noSetUid | noDevices | noExec }),
      ...readOnlyKernelSettings,
      at('/sys', { source: 'sysfs', type: 'sysfs', flags: readOnly | noSetUid | noDevices | noExec }),
      at('/dev', { source: 'tmpfs', type: 'tmpfs', flags: noSetUid | noExec, data: 'mode=755', holdsDevices: true }),
      at('/dev/pts', {
        source: 'devpts',
        type: 'devpts',
        flags: noSetUid | noExec,
        data: 'newinstance,ptmxmode=0666,mode=620',
      }),
      at('/dev/shm', { source: 'shm', type: 'tmpfs', flags: noSetUid | noDevices | noExec, data: 'mode=1777' }),
      at(sandboxDirectory, { source: sandbox, flags: bind | recursive }),
    ],
    planned_devices: devicesAt,
    planned_links: [
      ...Object.entries(links).map(([name, text]) => ({ path: `/dev/${name}`, text })),
      { path: '/dev/ptmx', text: 'pts/ptmx' },
    ],
  };
}
