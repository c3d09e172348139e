import type { ContainerKey } from '../../container-id.ts';
import { LaunchError } from '../../errors.ts';
import type { MachineDevice } from '../devices/allowed-devices.ts';

/** Which container has which GPUs. A GPU belongs to one container at most. */
export class AllottedGpus {
  readonly #all: readonly MachineDevice[];
  readonly #allotted = new Map<ContainerKey, readonly MachineDevice[]>();

  /** @param all those that the agent offers. */
  constructor(all: readonly MachineDevice[]) {
    this.#all = all;
  }

  /** Returns the GPUs of a container. */
  of(key: ContainerKey): readonly MachineDevice[] {
    return this.#allotted.get(key) ?? [];
  }

  /** Notes what a container of an earlier agent has. */
  recover(key: ContainerKey, has: (gpu: MachineDevice) => boolean): void {
    const found = this.#all.filter(has);
    if (found.length > 0) this.#allotted.set(key, found);
  }

  /**
   * Gives a container as many GPUs as it is to have.
   *
   * @returns those that it got.
   * @throws {LaunchError} `INVALID` there are not so many.
   */
  grow(key: ContainerKey, count: number): readonly MachineDevice[] {
    const has = this.of(key);
    const taken = new Set([...this.#allotted.values()].flat());
    const free = this.#all.filter(each => !taken.has(each));
    const missing = count - has.length;
    if (missing > free.length) {
      throw new LaunchError('INVALID', `Requested ${missing} gpus but only ${free.length} available`);
    }
    const added = missing > 0 ? free.slice(0, missing) : [];
    if (added.length > 0) this.#allotted.set(key, [...has, ...added]);
    return added;
  }

  /** Takes GPUs from a container, or all. */
  release(key: ContainerKey, gpus: readonly MachineDevice[] = this.of(key)): void {
    const left = this.of(key).filter(each => !gpus.includes(each));
    if (left.length > 0) this.#allotted.set(key, left);
    else this.#allotted.delete(key);
  }
}
