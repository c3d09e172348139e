/**
 * `cgroups/devices`: which devices a container may read, write and make. Those that every program needs are allowed, and
 * those of `--allowed_devices`.
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/cgroups/subsystems/devices.cpp
 */
import { CgroupError } from '../../cgroups/cgroups.ts';
import { type AllowedDevice, deviceRule, lookUpAllowed } from '../../devices/allowed-devices.ts';
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
  const more = (await lookUpAllowed(flags.allowed_devices)).map(device => deviceRule(device, rightsOf(device)));
  const allowed = [...always, ...more].map(rule => ['devices.allow', rule] as const);
  return [{ hierarchy, settings: () => [['devices.deny', 'a'], ...allowed] }];
}

const rightsOf = ({ read, write, mknod }: AllowedDevice) => `${read ? 'r' : ''}${write ? 'w' : ''}${mknod ? 'm' : ''}`;
