/**
 * The isolators that put a container into a group of a controller and set nothing: what the operator has set for the group
 * of all containers (`--cgroups_root`) limits it, and other programs find its processes there.
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/cgroups/subsystems
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { MakeControllers } from './controller.ts';

/** `cgroups/pids`, `cgroups/hugetlb` and `cgroups/net_prio`. */
export const plainController =
  (name: string): MakeControllers =>
  ({ cgroups }) => [{ hierarchy: cgroups.hierarchy(name) }];

/** `cgroups/cpuset`. With version 1 a new group has no processor and no memory, and nothing can run in it. */
export const cpusetController: MakeControllers = ({ cgroups }) => {
  const hierarchy = cgroups.hierarchy('cpuset');
  if (hierarchy.version === 2) return [{ hierarchy }];
  return [
    {
      hierarchy,
      settings: async (_, { path }) => {
        const inherited = (file: string) => readFile(join(dirname(path), file), 'utf8');
        const files = ['cpuset.cpus', 'cpuset.mems'];
        return Promise.all(files.map(async file => [file, (await inherited(file)).trim()] as const));
      },
    },
  ];
};
