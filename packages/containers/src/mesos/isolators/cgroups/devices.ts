/**
 * `cgroups/devices`: which devices a container may read, write and make. Those that every program needs are allowed, and
 * those of `--allowed_devices`.
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/cgroups/subsystems/devices.cpp
 */
import { stat } from 'node:fs/promises';
import type { DeviceAccess } from '@meseta/protocol';
import { CgroupError } from '../../cgroups/cgroups.ts';
import type { Controller, ControllerParts } from './controller.ts';

/** As in Mesos. */
const always: readonly string[] = [
  ...['c *:* m', 'b *:* m'], // make devices, which needs a capability
  ...['c 5:1 rwm', 'c 4:0 rwm', 'c 4:1 rwm'], // /dev/console, tty0, tty1
  ...['c 136:* rwm', 'c 5:2 rwm'], // /dev/pts/*, ptmx
  'c 10:200 rwm', // /dev/net/tun
  ...['c 1:3 rwm', 'c 1:5 rwm', 'c 1:7 rwm', 'c 5:0 rwm'], // /dev/null, zero, full, tty
  ...['c 1:9 rwm', 'c 1:8 rwm'], // /dev/urandom, random
];

/** Makes the controller of `cgroups/devices`. */
export async function devicesController({ cgroups, flags }: ControllerParts): Promise<Controller[]> {
  if (!cgroups.controllers().has('devices') && cgroups.hasVersion2) {
    throw new CgroupError(
      "The isolator cgroups/devices needs the controller 'devices' of cgroups version 1. Version 2 has eBPF programs in its place, which are not built yet. Leave the isolator out, or mount version 1: mount -t cgroup -o devices devices /sys/fs/cgroup/devices",
    );
  }
  const hierarchy = cgroups.hierarchy('devices');
  const { allowed_devices = [] } = flags.allowed_devices ?? {};
  const more = await Promise.all(allowed_devices.map(deviceRule));
  const allowed = [...always, ...more].map(rule => ['devices.allow', rule] as const);
  return [{ hierarchy, settings: () => [['devices.deny', 'a'], ...allowed] }];
}

/**
 * Returns a rule in the kernel's words.
 *
 * @throws {CgroupError} there is no such device, or nothing is allowed.
 */
async function deviceRule({ device: { path }, access }: DeviceAccess): Promise<string> {
  if (path === undefined) throw new CgroupError('--allowed_devices: a device has no path');
  const rights = `${access.read ? 'r' : ''}${access.write ? 'w' : ''}${access.mknod ? 'm' : ''}`;
  if (rights === '') {
    throw new CgroupError(
      `--allowed_devices: nothing is allowed of device ${path}; set read, write or mknod of its access to true`,
    );
  }
  const found = await stat(path).catch(cause => {
    throw new CgroupError(`--allowed_devices: cannot look at device ${path}: ${cause.message}`, { cause });
  });
  if (!found.isBlockDevice() && !found.isCharacterDevice()) {
    throw new CgroupError(`--allowed_devices: ${path} is no device`);
  }
  return `${found.isBlockDevice() ? 'b' : 'c'} ${deviceNumber(found.rdev)} ${rights}`;
}

/** Returns `<major>:<minor>` of a device number of Linux. */
export function deviceNumber(rdev: number): string {
  const number = BigInt(rdev);
  const major = ((number >> 8n) & 0xfffn) | ((number >> 32n) & ~0xfffn);
  const minor = (number & 0xffn) | ((number >> 12n) & ~0xffn & 0xffff_ffffn);
  return `${major}:${minor}`;
}
