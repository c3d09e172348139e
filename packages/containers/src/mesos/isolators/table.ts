/**
 * Lists the isolators that `--isolation` can name, in the order in which they prepare a container. The order in the flag
 * does not matter: an isolator that makes a file system precedes those that mount into it, and all volumes precede
 * mounts that must not be hidden by them.
 *
 * A new isolator is one file in this directory, at the path of its name, and a `make` in its row.
 *
 * @see Mesos src/slave/containerizer/mesos/containerizer.cpp, MesosContainerizer::create
 */
import { cgroupRows } from './cgroups/rows.ts';
import { DiskUsage } from './disk/du.ts';
import { dockerRuntime } from './docker/runtime.ts';
import { LinuxFilesystem } from './filesystem/linux.ts';
import { sharedFilesystem } from './filesystem/shared.ts';
import { gpuNvidia } from './gpu/nvidia.ts';
import type { Isolator } from './isolator.ts';
import type { IsolatorParts } from './isolator-parts.ts';
import { linuxCapabilities } from './linux/capabilities.ts';
import { linuxDevices } from './linux/devices.ts';
import { noNewPrivileges } from './linux/nnp.ts';
import { linuxSeccomp } from './linux/seccomp.ts';
import { ipcNamespace } from './namespaces/ipc.ts';
import { pidNamespace } from './namespaces/pid.ts';
import { networkCni } from './network/cni.ts';
import { networkPorts } from './network/ports.ts';
import { posixRlimits } from './posix/rlimits.ts';
import { hostPathVolume } from './volume/host-path.ts';
import { imageVolume } from './volume/image.ts';
import { sandboxPathVolume } from './volume/sandbox-path.ts';
import { secretVolume } from './volume/secret.ts';

/** A row of the table. */
export interface IsolatorEntry {
  /** Value accepted by `--isolation`. */
  readonly name: string;
  /**
   * Creates the isolator. Returns undefined when its function is part of every launch. A rejection keeps the agent from
   * starting. Absent: Mesos has the isolator, and it is not built yet.
   */
  readonly make?: (parts: IsolatorParts) => Isolator | undefined | Promise<Isolator | undefined>;
  /** It works only with this launcher: what it asks for is in a launch plan, or it needs cgroups. */
  readonly launcher?: 'linux';
  /** These rows are there, too, whether or not `--isolation` names them. */
  readonly implies?: readonly string[];
  /** Both do the same, each in its way: an agent has one of them. */
  readonly excludes?: string;
  /** The row is an old name for these rows. */
  readonly standsFor?: readonly string[];
}

const partOfEveryLaunch = () => undefined;

/** The table of isolators. See the top of this file. */
export const isolatorTable: readonly IsolatorEntry[] = [
  // File systems
  { name: 'filesystem/windows' },
  { name: 'filesystem/posix', make: partOfEveryLaunch },
  {
    name: 'filesystem/linux',
    launcher: 'linux',
    make: parts => new LinuxFilesystem(parts),
    implies: ['volume/sandbox_path', 'volume/host_path', 'volume/image', 'network/cni'],
  },
  { name: 'filesystem/shared', launcher: 'linux', make: () => sharedFilesystem, excludes: 'filesystem/linux' },

  // Processors, memory, limits of processes
  { name: 'posix/cpu', make: partOfEveryLaunch },
  { name: 'posix/mem', make: partOfEveryLaunch },
  { name: 'posix/rlimits', launcher: 'linux', make: () => posixRlimits },
  { name: 'windows/cpu' },
  { name: 'windows/mem' },
  ...cgroupRows,

  // What an image says of its processes
  { name: 'appc/runtime' },
  { name: 'docker/runtime', launcher: 'linux', make: dockerRuntime },

  // Privileges and namespaces
  { name: 'linux/devices', launcher: 'linux', make: linuxDevices },
  { name: 'linux/capabilities', launcher: 'linux', make: linuxCapabilities },
  { name: 'linux/nnp', launcher: 'linux', make: () => noNewPrivileges },
  { name: 'namespaces/ipc', launcher: 'linux', make: ipcNamespace },
  { name: 'namespaces/pid', launcher: 'linux', make: pidNamespace },

  // Volumes
  { name: 'volume/sandbox_path', make: sandboxPathVolume },
  { name: 'docker/volume' },
  { name: 'volume/host_path', launcher: 'linux', make: hostPathVolume },
  { name: 'volume/image', launcher: 'linux', make: imageVolume },
  { name: 'volume/secret', launcher: 'linux', make: secretVolume },
  { name: 'volume/csi' },

  { name: 'disk/du', make: parts => new DiskUsage(parts) },
  { name: 'disk/xfs' },

  { name: 'linux/seccomp', launcher: 'linux', make: linuxSeccomp },

  // After all volumes, so that none hides the libraries that it mounts.
  { name: 'gpu/nvidia', launcher: 'linux', make: gpuNvidia },

  // Networks
  { name: 'network/cni', launcher: 'linux', make: networkCni },
  { name: 'network/port_mapping' },
  { name: 'network/ports', launcher: 'linux', make: networkPorts },

  { name: 'environment_secret', make: partOfEveryLaunch },

  // Old names
  { name: 'process', standsFor: ['posix/cpu', 'posix/mem'] },
  { name: 'cgroups', standsFor: ['cgroups/cpu', 'cgroups/mem'] },
  { name: 'posix/disk', standsFor: ['disk/du'] },
  { name: 'xfs/disk', standsFor: ['disk/xfs'] },
];
