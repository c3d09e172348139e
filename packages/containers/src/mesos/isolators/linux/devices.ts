/**
 * `linux/devices`: the devices of `--allowed_devices` are in the /dev of containers with the root file system of an image,
 * where others are missing. Other containers see those of the machine.
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/linux/devices.cpp
 */
import { type AllowedDevice, DeviceError, lookUpAllowed } from '../../devices/allowed-devices.ts';
import { containerRoot, type PlannedDevice } from '../../launch-plan.ts';
import { standardDevices } from '../filesystem/root-part.ts';
import type { Isolator } from '../isolator.ts';
import type { IsolatorParts } from '../isolator-parts.ts';

/**
 * Makes the isolator.
 *
 * @throws {DeviceError} a device is missing, or the isolator filesystem/linux, which makes the /dev of containers.
 */
export async function linuxDevices({ flags }: Pick<IsolatorParts, 'flags'>): Promise<Isolator> {
  if (!flags.isolation.includes('filesystem/linux')) {
    throw new DeviceError(
      'The isolator linux/devices needs filesystem/linux, which makes the /dev of containers: add it to --isolation',
    );
  }
  const allowed = await lookUpAllowed(flags.allowed_devices);
  const planned = [...new Map(allowed.map(device => [pathInContainer(device), device]))]
    .filter(([path]) => !standardDevices.has(path))
    .map(([path, device]) => plannedDevice(path, device));
  return {
    name: 'linux/devices',
    supportsNesting: true,
    supportsStandalone: true,
    async prepare(_id, { rootfs }) {
      return rootfs === undefined || planned.length === 0 ? undefined : { planned_devices: planned };
    },
  };
}

/** All that is in /dev of the machine has its name there; another path is below /dev as a whole, as in Mesos. */
function pathInContainer({ path }: AllowedDevice): string {
  return path.startsWith('/dev/') ? path : `/dev${path}`;
}

/** Whatever its user is, a process of the container may do what is allowed. */
function plannedDevice(target: string, { kind, number, read, write }: AllowedDevice): PlannedDevice {
  const mode = 0o600 | (read ? 0o044 : 0) | (write ? 0o022 : 0);
  return { target, targetRoot: containerRoot, device: { kind, number, mode } };
}
