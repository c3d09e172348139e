/** Devices of the machine that containers may use: what the flag `--allowed_devices` says, looked up. */
import { stat } from 'node:fs/promises';
import type { DeviceAccess, DeviceWhitelist } from '@meseta/protocol';
import { systemProblem } from '@meseta/system/system-problem';

/** A device cannot be used. The message says which, and what to do. */
export class DeviceError extends Error {
  override readonly name = 'DeviceError';
  readonly code = 'DEVICE';
}

/** A device of the machine. */
export interface MachineDevice {
  readonly path: string;
  readonly kind: 'block' | 'character';
  /** As stat(2) has it. */
  readonly number: number;
}

/** A device with what is allowed of it: at least one of these. */
export interface AllowedDevice extends MachineDevice {
  readonly read: boolean;
  readonly write: boolean;
  readonly mknod: boolean;
}

/**
 * Looks up the devices of `--allowed_devices`.
 *
 * @throws {DeviceError} there is no such device, or nothing is allowed of one.
 */
export function lookUpAllowed({ allowed_devices = [] }: DeviceWhitelist = {}): Promise<AllowedDevice[]> {
  return Promise.all(allowed_devices.map(lookUpOne));
}

async function lookUpOne({ device: { path }, access }: DeviceAccess): Promise<AllowedDevice> {
  if (path === undefined) throw new DeviceError('--allowed_devices: a device has no path');
  const { read = false, write = false, mknod = false } = access;
  if (!read && !write && !mknod) {
    throw new DeviceError(
      `--allowed_devices: nothing is allowed of device ${path}; set read, write or mknod of its access to true`,
    );
  }
  return { ...(await lookUpDevice(path, '--allowed_devices: ')), read, write, mknod };
}

/**
 * Looks up a device of the machine.
 *
 * @param context comes first in errors.
 * @throws {DeviceError} there is none at the path.
 */
export async function lookUpDevice(path: string, context = ''): Promise<MachineDevice> {
  const found = await stat(path).catch(cause => {
    throw new DeviceError(`${context}cannot look at device ${path}: ${systemProblem(cause)}`, { cause });
  });
  if (!found.isBlockDevice() && !found.isCharacterDevice()) throw new DeviceError(`${context}${path} is no device`);
  return { path, kind: found.isBlockDevice() ? 'block' : 'character', number: found.rdev };
}

/**
 * Returns a rule of the cgroup controller `devices`, in the kernel's words: `c 1:3 rw`.
 *
 * @param rights letters of `rwm`.
 */
export function deviceRule({ kind, number }: MachineDevice, rights: string): string {
  return `${kind === 'block' ? 'b' : 'c'} ${deviceNumber(number)} ${rights}`;
}

/** Returns `<major>:<minor>` of a device number of Linux. */
export function deviceNumber(rdev: number): string {
  const number = BigInt(rdev);
  const major = ((number >> 8n) & 0xfffn) | ((number >> 32n) & ~0xfffn);
  const minor = (number & 0xffn) | ((number >> 12n) & ~0xffn & 0xffff_ffffn);
  return `${major}:${minor}`;
}
