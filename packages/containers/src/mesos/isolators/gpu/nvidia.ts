/**
 * `gpu/nvidia`: a container can use as many GPUs as it has of the resource `gpus`, and no others. Images that want it get the
 * programs and libraries of the driver. Which GPUs a container has is in its cgroup, for the next agent, too.
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/gpu/isolator.cpp
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerConfig, ContainerID, ContainerState, Resource } from '@meseta/protocol';
import { type ContainerId, type ContainerKey, containerKey } from '../../../container-id.ts';
import { LaunchError } from '../../../errors.ts';
import type { Cgroups } from '../../cgroups/cgroups.ts';
import type { Hierarchy } from '../../cgroups/hierarchies.ts';
import { deviceRule, type MachineDevice } from '../../devices/allowed-devices.ts';
import { containerRoot, type LaunchPart, type PlannedCgroup, type PlannedDevice } from '../../launch-plan.ts';
import { AllottedGpus } from '../../nvidia/allotted-gpus.ts';
import { NvidiaError } from '../../nvidia/nvidia-error.ts';
import type { NvidiaGpus } from '../../nvidia/offered-gpus.ts';
import { volumePart, volumeVariables, wantsVolume } from '../../nvidia/volume.ts';
import { unless, write } from '../cgroups/controller.ts';
import type { Isolator } from '../isolator.ts';
import type { IsolatorParts } from '../isolator-parts.ts';

/**
 * Makes the isolator.
 *
 * @throws {NvidiaError} an isolator that it needs is missing.
 * @throws {CgroupError} the machine has no controller `devices`.
 */
export async function gpuNvidia({ flags, cgroups, gpus }: IsolatorParts): Promise<Isolator> {
  const { isolation } = flags;
  if (gpus === undefined || cgroups === undefined)
    throw new Error('gpu/nvidia needs the GPUs and cgroups of the machine');
  const limits = isolation.includes('cgroups/devices') || isolation.includes('cgroups/all');
  const missing = [
    ...(limits ? [] : ['cgroups/devices, which keeps containers from GPUs that they do not have']),
    ...(isolation.includes('filesystem/linux') ? [] : ['filesystem/linux, which makes the /dev of images']),
  ];
  if (missing.length > 0) {
    throw new NvidiaError(`The isolator gpu/nvidia needs ${missing.join(', and ')}: add it to --isolation`);
  }
  return new GpuIsolator(gpus, cgroups, cgroups.hierarchy('devices'));
}

/** See the top of this file. */
class GpuIsolator implements Isolator {
  readonly name = 'gpu/nvidia';
  readonly supportsNesting = true;
  readonly supportsStandalone = true;
  readonly #gpus: NvidiaGpus;
  readonly #cgroups: Cgroups;
  readonly #hierarchy: Hierarchy;
  readonly #allotted: AllottedGpus;

  constructor(gpus: NvidiaGpus, cgroups: Cgroups, hierarchy: Hierarchy) {
    this.#gpus = gpus;
    this.#cgroups = cgroups;
    this.#hierarchy = hierarchy;
    this.#allotted = new AllottedGpus(gpus.offered);
  }

  async recover(states: readonly ContainerState[], orphans: readonly ContainerID[]): Promise<void> {
    // Orphans have theirs until they have ended.
    const ids = [...states.map(({ container_id }) => container_id), ...orphans].filter(({ parent }) => !parent);
    await Promise.all(
      ids.map(async id => {
        const rules = await readFile(join(this.#path(keyOf(id)), 'devices.list'), 'utf8').catch(unless('ENOENT'));
        if (rules === undefined) return;
        const allowed = new Set(rules.split('\n'));
        this.#allotted.recover(keyOf(id), gpu => allowed.has(deviceRule(gpu, 'rwm')));
      }),
    );
  }

  async prepare(id: ContainerID, config: ContainerConfig): Promise<LaunchPart | undefined> {
    const image = this.#imagePart(config);
    const ownGroup = !id.parent || config.container_info?.linux_info?.share_cgroups === false;
    if (!ownGroup) return image;
    const key = keyOf(id);
    if (!id.parent) this.#allotted.grow(key, countOf(config.resources ?? []));
    // A nested container may use those of the container that it is in.
    const devices = [...this.#gpus.driver.control, ...this.#allotted.of(keyOf(rootOf(id)))];
    return { ...image, cgroups: [{ path: this.#path(key), settings: devices.map(allow) }] };
  }

  async update(id: ContainerID, resources: readonly Resource[]): Promise<void> {
    if (id.parent) return;
    const key = keyOf(id);
    const group = { key, path: this.#path(key) };
    const count = countOf(resources);
    const added = this.#allotted.grow(key, count);
    const removed = this.#allotted.of(key).slice(count);
    try {
      await write(group, added.map(allow));
    } catch (error) {
      this.#allotted.release(key, added);
      throw error;
    }
    await write(group, removed.map(deny));
    this.#allotted.release(key, removed);
  }

  async cleanup(id: ContainerID): Promise<void> {
    if (!id.parent) this.#allotted.release(keyOf(id));
  }

  /** Images have a /dev of their own. All GPUs are there, because a container may get more later; the cgroup decides. */
  #imagePart({ rootfs, docker, task_info }: ContainerConfig): LaunchPart | undefined {
    if (rootfs === undefined) return undefined;
    const { driver } = this.#gpus;
    const planned_devices = driver.files.map(({ name, kind, number }): PlannedDevice => {
      return { target: `/dev/${name}`, targetRoot: containerRoot, device: { kind, number, mode: 0o666 } };
    });
    const image = docker?.manifest?.config;
    if (image === undefined || !wantsVolume(image)) return { planned_devices };
    const environment = { variables: volumeVariables(image) };
    return {
      planned_devices,
      ...volumePart(driver),
      ...(task_info === undefined ? { environment } : { task_environment: environment }),
    };
  }

  #path(key: ContainerKey): string {
    return this.#cgroups.path(this.#hierarchy, key);
  }
}

const allow = (device: MachineDevice): PlannedCgroup['settings'][number] => [
  'devices.allow',
  deviceRule(device, 'rwm'),
];
const deny = (device: MachineDevice): PlannedCgroup['settings'][number] => ['devices.deny', deviceRule(device, 'rwm')];

/** Ids of containers were checked when they came. */
const keyOf = (id: ContainerID): ContainerKey => containerKey(id as ContainerId);
const rootOf = (id: ContainerID): ContainerID => (id.parent ? rootOf(id.parent) : id);

/** Returns how many GPUs resources contain. */
function countOf(resources: readonly Resource[]): number {
  const sum = resources.reduce((total, { name, scalar }) => total + (name === 'gpus' ? (scalar?.value ?? 0) : 0), 0);
  if (!Number.isInteger(sum)) throw new LaunchError('INVALID', "The 'gpus' resource must be an unsigned integer");
  return sum;
}
