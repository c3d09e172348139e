/** The rows of the cgroup isolators in the table of isolators. */
import { CgroupError } from '../../cgroups/cgroups.ts';
import type { Isolator } from '../isolator.ts';
import type { IsolatorParts } from '../isolator-parts.ts';
import { blkioController } from './blkio.ts';
import type { MakeControllers } from './controller.ts';
import { cpuControllers } from './cpu.ts';
import { devicesController } from './devices.ts';
import { cgroupIsolator } from './isolator.ts';
import { memController } from './mem.ts';
import { netClsController } from './net-cls.ts';
import { perfEventController } from './perf-event.ts';
import { cpusetController, plainController } from './plain.ts';

const all = 'cgroups/all';

/** Each isolator with its controllers, and with the names of the controllers that a machine needs for it. */
const isolators: readonly (readonly [name: string, needs: readonly string[], make: MakeControllers])[] = [
  ['cgroups/blkio', ['blkio', 'io'], blkioController],
  ['cgroups/cpu', ['cpu'], cpuControllers],
  ['cgroups/cpuset', ['cpuset'], cpusetController],
  ['cgroups/devices', ['devices'], devicesController],
  ['cgroups/hugetlb', ['hugetlb'], plainController('hugetlb')],
  ['cgroups/mem', ['memory'], memController],
  ['cgroups/net_cls', ['net_cls'], netClsController],
  ['cgroups/net_prio', ['net_prio'], plainController('net_prio')],
  ['cgroups/perf_event', ['perf_event'], perfEventController],
  ['cgroups/pids', ['pids'], plainController('pids')],
];

/** A row of the table of isolators. */
interface CgroupRow {
  readonly name: string;
  readonly launcher: 'linux';
  readonly make: (parts: IsolatorParts) => Promise<Isolator> | undefined;
}

/** The rows, in their order. */
export const cgroupRows: readonly CgroupRow[] = [
  { name: all, launcher: 'linux', make: makeAll },
  ...isolators.map(([name, , make]): CgroupRow => {
    // With cgroups/all, everything is part of that one.
    const makeOne = (parts: IsolatorParts) =>
      parts.flags.isolation.includes(all) ? undefined : cgroupIsolator(name, parts, [make]);
    return { name, launcher: 'linux', make: makeOne };
  }),
];

/** Makes one isolator of every controller that is mounted. */
async function makeAll(parts: IsolatorParts): Promise<Isolator> {
  const mounted = parts.cgroups?.controllers() ?? new Set();
  const makers = isolators.filter(([, needs]) => needs.some(name => mounted.has(name))).map(([, , make]) => make);
  if (makers.length === 0) {
    throw new CgroupError(`No controller is mounted for the isolator ${all} (--cgroups_hierarchy)`);
  }
  return cgroupIsolator(all, parts, makers);
}
