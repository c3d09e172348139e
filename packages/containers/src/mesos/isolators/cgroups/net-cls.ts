/**
 * `cgroups/net_cls`: marks the packets of a container with a number (a handle), by which the operator's firewall or traffic
 * control knows them. With `--cgroups_net_cls_primary_handle` every container gets a handle of its own: that number, and one
 * of `--cgroups_net_cls_secondary_handles`.
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/cgroups/subsystems/net_cls.cpp
 */
import type { ContainerKey } from '../../../container-id.ts';
import type { ContainerizerFlags } from '../../../containerizer-flags.ts';
import { LaunchError } from '../../../errors.ts';
import { CgroupError } from '../../cgroups/cgroups.ts';
import { type Controller, type ControllerParts, readNumber } from './controller.ts';

const greatest = 0xffff;

/** Makes the controller of `cgroups/net_cls`. */
export function netClsController({ cgroups, flags }: ControllerParts): Controller[] {
  const hierarchy = cgroups.hierarchy('net_cls');
  const range = parseHandles(flags);
  if (range === undefined) return [{ hierarchy }];
  const handles = new Handles(range);
  return [
    {
      hierarchy,
      settings: (_, { key }) => [['net_cls.classid', String(handles.take(key))]],
      recover: async group => handles.restore(group.key, await readNumber(group, 'net_cls.classid')),
      status: ({ key }) => {
        const classid = handles.of(key);
        return classid === undefined ? undefined : { cgroup_info: { net_cls: { classid } } };
      },
      forget: ({ key }) => handles.give(key),
    },
  ];
}

/** The numbers that handles are made of. */
export interface HandleRange {
  readonly primary: number;
  /** The first and the last one. */
  readonly secondary: readonly [number, number];
}

type HandleFlags = Pick<ContainerizerFlags, 'cgroups_net_cls_primary_handle' | 'cgroups_net_cls_secondary_handles'>;

/**
 * Parses the flags.
 *
 * @returns undefined: handles are the operator's.
 * @throws {CgroupError} a flag is no handle, or no range of them.
 */
export function parseHandles(flags: HandleFlags): HandleRange | undefined {
  const { cgroups_net_cls_primary_handle: primary, cgroups_net_cls_secondary_handles: secondary } = flags;
  if (primary === undefined) return undefined;
  const parsed = parseHandle(primary, '--cgroups_net_cls_primary_handle');
  if (secondary === undefined) return { primary: parsed, secondary: [1, greatest] };
  const flag = '--cgroups_net_cls_secondary_handles';
  const [first = 0, last = 0, ...more] = secondary.split(',').map(text => parseHandle(text, flag));
  if (first === 0 || last < first || more.length > 0) {
    throw new CgroupError(`${flag}: '${secondary}' is no range FIRST,LAST of handles, of which the first is not zero`);
  }
  return { primary: parsed, secondary: [first, last] };
}

function parseHandle(text: string, flag: string): number {
  const value = /^(?:0x[0-9a-f]+|\d+)$/i.test(text.trim()) ? Number(text) : Number.NaN;
  if (value <= greatest) return value;
  throw new CgroupError(`${flag}: '${text}' is no number of 16 bits, such as 0x0012`);
}

/** The handles of containers, each of which is used once at a time. */
export class Handles {
  readonly #range: HandleRange;
  readonly #byContainer = new Map<ContainerKey, number>();
  readonly #used = new Set<number>();

  constructor(range: HandleRange) {
    this.#range = range;
  }

  /** Gives a container the first free handle. @throws {LaunchError} all are used. */
  take(key: ContainerKey): number {
    const { primary, secondary } = this.#range;
    for (let each = secondary[0]; each <= secondary[1]; each++) {
      const handle = primary * 0x1_0000 + each;
      if (this.#used.has(handle)) continue;
      this.restore(key, handle);
      return handle;
    }
    throw new LaunchError('INVALID', 'No handle of cgroups/net_cls is free (--cgroups_net_cls_secondary_handles)');
  }

  /** Notes the handle of a container that an earlier agent launched. Zero is none. */
  restore(key: ContainerKey, handle: number): void {
    if (handle === 0) return;
    this.#byContainer.set(key, handle);
    this.#used.add(handle);
  }

  of(key: ContainerKey): number | undefined {
    return this.#byContainer.get(key);
  }

  /** Takes the handle of a container back, if it has one. */
  give(key: ContainerKey): void {
    const handle = this.#byContainer.get(key);
    if (handle !== undefined) this.#used.delete(handle);
    this.#byContainer.delete(key);
  }
}
