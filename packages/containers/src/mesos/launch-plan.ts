/**
 * What is set up around a container's program between fork and exec. Isolators say what they need in parts of a plan; the
 * parts are merged in one place (`merge-launch-info.ts`) and executed by the `linux` launcher in one order
 * (`launch-steps.ts`).
 */
import type { ContainerLaunchInfo } from '@meseta/protocol';
import type { PlannedSeccomp } from './seccomp/planned-filter.ts';

/** Namespaces that a container may have of its own. */
export type Namespace = 'pid' | 'mnt' | 'ipc' | 'uts' | 'net';

/** CLONE_NEW* of each namespace, as in `clone_namespaces` of Mesos's launch info. */
export const namespaceFlags: Readonly<Record<Namespace, number>> = {
  pid: 0x2000_0000,
  mnt: 0x0002_0000,
  ipc: 0x0800_0000,
  uts: 0x0400_0000,
  net: 0x4000_0000,
};

/** Flags of mount(2). */
export const mountFlags = {
  readOnly: 0x1,
  noSetUid: 0x2,
  noDevices: 0x4,
  noExec: 0x8,
  bind: 0x1000,
  recursive: 0x4000,
} as const;

/** Stands for the root file system that the container will have: that of an image, or the machine's. */
export const containerRoot = Symbol('the root of the container');

/**
 * A mount in the container's mount namespace, which ends with it.
 *
 * A path with a root is resolved at the moment of use below that root, which no link and no `..` in it leads out of.
 * Every path that a task can change, in a sandbox or in an image, needs one.
 */
export interface PlannedMount {
  /** What is mounted; for a bind mount a path, otherwise the name in /proc/mounts. */
  readonly source: string;
  readonly sourceRoot?: string;
  readonly target: string;
  /** {@link containerRoot}: the root of the container, once it is known which that is. */
  readonly targetRoot?: string | typeof containerRoot;
  /** The file system's type; empty for a bind mount. */
  readonly type?: string;
  /** See {@link mountFlags}. */
  readonly flags: number;
  /** Options of the file system. */
  readonly data?: string;
  /** Make the target, with what leads to it, when it is missing. */
  readonly create?: 'directory' | 'file';
  /** Nothing below the target can be written, in file systems mounted there either. */
  readonly readOnly?: boolean;
  /** Device files are made in it. A later mount at the same place is not the container's own. */
  readonly holdsDevices?: boolean;
  /**
   * The source is what a nested container's parent sees at this path, with all that is mounted there for the parent. When it
   * is missing, a directory is made that belongs to the owner of the root. The target is made of the same kind.
   */
  readonly fromParent?: boolean;
}

/**
 * A device file, made in a file system of the container's own: what its processes do to the file does not change that of the
 * machine.
 */
export interface PlannedDevice {
  /** The path, below {@link targetRoot}. Missing directories that lead to it are made. */
  readonly target: string;
  readonly targetRoot: string | typeof containerRoot;
  readonly device: DeviceNode;
}

/** What a device file is, see mknod(2). */
export interface DeviceNode {
  readonly kind: 'block' | 'character';
  /** The kernel's number of the device, as stat(2) has it. */
  readonly number: number;
  /** Rights to read and write, such as 0o666. */
  readonly mode: number;
}

/**
 * A file in memory that only the container sees, and that is never swapped. It belongs to root, who may write it; all others may
 * read it.
 */
export interface PlannedFile extends Pick<PlannedMount, 'target' | 'targetRoot' | 'create' | 'readOnly'> {
  readonly contents: Buffer;
}

/** A control group of a container. */
export interface PlannedCgroup {
  /** The directory. Its parent exists; it is made by the launch and removed by the launcher. */
  readonly path: string;
  /** Files to be written before a process is in the group, in this order. */
  readonly settings: readonly (readonly [file: string, value: string])[];
}

/** A symbolic link in the container's root file system. */
export interface PlannedLink {
  readonly path: string;
  readonly text: string;
}

/** A resource limit of each process of a container, see setrlimit(2). */
export interface PlannedRlimit {
  /** The number of RLIMIT_*. */
  readonly resource: number;
  readonly soft: bigint;
  readonly hard: bigint;
}

/**
 * What one isolator adds to a launch: the fields of Mesos's message, which is all that isolators of modules have, and
 * what the message cannot say.
 */
export interface LaunchPart extends ContainerLaunchInfo {
  /** Made in this order, after those of the isolators before. */
  readonly planned_mounts?: readonly PlannedMount[];
  /** Made in the mount that holds devices, before anything else is mounted there. */
  readonly planned_devices?: readonly PlannedDevice[];
  readonly planned_links?: readonly PlannedLink[];
  /** Made after all mounts. */
  readonly planned_files?: readonly PlannedFile[];
  /** Those of the same directory are one group, with the settings of all. */
  readonly cgroups?: readonly PlannedCgroup[];
  /** From -1000 to 1000: how soon the kernel kills it when memory runs out on the machine (see proc(5)). */
  readonly oom_score_adj?: number;
  /** The directory that becomes the container's root, after everything has been mounted. */
  readonly root?: string;
  readonly hostname?: string;
  readonly seccomp?: PlannedSeccomp;
}

/** What isolators ask for, taken together: what a launcher sets up for one container. */
export interface LaunchPlan {
  /** New namespaces. */
  readonly namespaces: readonly Namespace[];
  /**
   * Namespaces of a nested container's parent that it enters, those that the parent shares with the agent excepted. It may
   * have a pid namespace of its own all the same, which is then below that of the parent.
   */
  readonly enters: readonly Namespace[];
  /** Groups that limit and count. An init is in none of them. */
  readonly cgroups: readonly PlannedCgroup[];
  readonly oomScoreAdjustment?: number | undefined;
  readonly mounts: readonly ((PlannedMount | PlannedDevice) & { readonly targetRoot?: string })[];
  readonly links: readonly PlannedLink[];
  readonly files: readonly (PlannedFile & { readonly targetRoot?: string })[];
  readonly hostname?: string | undefined;
  readonly root?: string | undefined;
  readonly rlimits: readonly PlannedRlimit[];
  /** Numbers of capabilities; undefined leaves them as they are. */
  readonly bounding?: readonly number[] | undefined;
  readonly effective?: readonly number[] | undefined;
  readonly noNewPrivileges: boolean;
  /** What decides about system calls: instructions of classic BPF, as hexadecimal digits. */
  readonly seccompFilter?: string | undefined;
}
