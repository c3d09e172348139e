/**
 * The isolators that `--isolation` can name, in the order in which they prepare a container, whatever the order in the
 * flag: what makes a file system comes before what mounts into it, and all volumes before what must stay on top of them.
 *
 * A new isolator is one file below this directory, at the path of its name, and a `make` in its row.
 *
 * @see Mesos src/slave/containerizer/mesos/containerizer.cpp, MesosContainerizer::create
 */
import type { Clock } from '@meseta/system';
import type { Logger, Metrics } from '@meseta/telemetry';
import type { ContainerizerFlags } from '../../containerizer-flags.ts';
import type { Isolator } from './isolator.ts';

/** What isolators are made from: each takes only what it uses. */
export interface IsolatorParts {
  readonly flags: ContainerizerFlags;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** A row of the table. */
export interface IsolatorEntry {
  /** Value accepted by `--isolation`. */
  readonly name: string;
  /**
   * Makes the isolator; gives undefined where there is nothing to make, because what it does is part of every launch. A
   * rejection keeps the agent from starting. Absent: Mesos has such an isolator, and it is not built yet.
   */
  readonly make?: (parts: IsolatorParts) => Isolator | undefined | Promise<Isolator | undefined>;
  /** An old name: it stands for these, which are rows of their own. */
  readonly standsFor?: readonly string[];
}

const partOfEveryLaunch = () => undefined;

/** See the file's head. */
export const isolatorTable: readonly IsolatorEntry[] = [
  // File systems
  { name: 'filesystem/windows' },
  { name: 'filesystem/posix', make: partOfEveryLaunch },
  { name: 'filesystem/linux' },
  { name: 'filesystem/shared' },

  // Processors, memory, limits of processes
  { name: 'posix/cpu', make: partOfEveryLaunch },
  { name: 'posix/mem', make: partOfEveryLaunch },
  { name: 'posix/rlimits' },
  { name: 'windows/cpu' },
  { name: 'windows/mem' },
  { name: 'cgroups/all' },
  { name: 'cgroups/blkio' },
  { name: 'cgroups/cpu' },
  { name: 'cgroups/cpuset' },
  { name: 'cgroups/devices' },
  { name: 'cgroups/hugetlb' },
  { name: 'cgroups/mem' },
  { name: 'cgroups/net_cls' },
  { name: 'cgroups/net_prio' },
  { name: 'cgroups/perf_event' },
  { name: 'cgroups/pids' },

  // What an image says of its processes
  { name: 'appc/runtime' },
  { name: 'docker/runtime' },

  // Privileges and namespaces
  { name: 'linux/devices' },
  { name: 'linux/capabilities' },
  { name: 'linux/nnp' },
  { name: 'namespaces/ipc' },
  { name: 'namespaces/pid' },

  // Volumes
  { name: 'volume/sandbox_path' },
  { name: 'docker/volume' },
  { name: 'volume/host_path' },
  { name: 'volume/image' },
  { name: 'volume/secret' },
  { name: 'volume/csi' },

  { name: 'disk/du' },
  { name: 'disk/xfs' },

  { name: 'linux/seccomp' },

  // After all volumes: none may hide the libraries that it mounts.
  { name: 'gpu/nvidia' },

  // Networks
  { name: 'network/cni' },
  { name: 'network/port_mapping' },
  { name: 'network/ports' },

  { name: 'environment_secret' },

  // Old names
  { name: 'process', standsFor: ['posix/cpu', 'posix/mem'] },
  { name: 'cgroups', standsFor: ['cgroups/cpu', 'cgroups/mem'] },
  { name: 'posix/disk', standsFor: ['disk/du'] },
  { name: 'xfs/disk', standsFor: ['disk/xfs'] },
];
