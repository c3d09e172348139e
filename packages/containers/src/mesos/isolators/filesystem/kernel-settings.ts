import { existsSync } from 'node:fs';
import { containerRoot, mountFlags, type PlannedMount } from '../../launch-plan.ts';

/** What the owner of these may write, without any capability, changes the machine. */
const settings = ['/proc/sys', '/proc/sysrq-trigger', '/proc/irq', '/proc/bus'].filter(path => existsSync(path));

/**
 * Makes the kernel's settings read-only in a /proc that has just been mounted in the root file system of an image.
 *
 * @see Mesos src/linux/fs.cpp, chroot::prepare
 */
export const readOnlyKernelSettings: readonly PlannedMount[] = settings.map(path => ({
  ...{ source: path, target: path, targetRoot: containerRoot },
  flags: mountFlags.bind | mountFlags.recursive,
  readOnly: true,
}));
