import type {
  ContainerConfig,
  ContainerStatus,
  Resource,
  ResourceStatistics,
  TaskStatusReason,
} from '@meseta/protocol';
import type { ContainerId } from './container-id.ts';
import type { ExitStatus } from './exit-status.ts';
import type { RecoveredContainer } from './mesos/launcher.ts';

/** Resources of a container as it may use them; `limits` as in TaskInfo: by name, `Infinity` for none. */
export interface ContainerResources {
  readonly resources: readonly Resource[];
  readonly limits?: Readonly<Record<string, number>>;
}

/** How a container ended. */
export interface Termination {
  readonly exit: ExitStatus;
  /** Set when the container did not end by itself, for a limit it ran into for example. */
  readonly reason?: TaskStatusReason;
  readonly message?: string;
  readonly limitedResources?: readonly Resource[];
}

export interface ContainerLaunch {
  /** `directory` is the sandbox and exists; `user`, when given, is switched to. */
  readonly config: ContainerConfig;
  /** What the agent tells the process, for example `MESOS_DIRECTORY`. The command's own environment wins. */
  readonly environment: Readonly<Record<string, string>>;
  /** Makes the pid durable between fork and exec, see `LaunchSpec.checkpoint`. */
  readonly checkpoint?: (pid: number) => Promise<void>;
}

export interface Recovery {
  /** Of the known containers those that were found, running or ended. The others never ran, or are beyond finding. */
  readonly containers: ReadonlyMap<ContainerId, RecoveredContainer>;
  /** Containers nobody knows: they are being destroyed and removed. */
  readonly orphans: readonly ContainerId[];
}

/**
 * Runs containers for the agent. A container's life, on either side of any number of agent restarts:
 *
 * ```text
 * launch ──▶ running ──▶ ended (wait) ──▶ drained ──▶ removed
 *                 signal ┘     destroy ┘      remove ┘
 * ```
 *
 * When the first process has ended the caller decides how long the others may go on, and then calls `destroy`. When
 * the outcome is on the agent's disk the caller calls `remove`: until then it can be asked for again.
 *
 * Ids nobody knows are harmless everywhere. Calls for different containers do not wait for each other.
 *
 * @see Mesos src/slave/containerizer/containerizer.hpp
 */
export interface Containerizer {
  /** Value accepted by `--containerizers`. */
  readonly name: string;

  /** Once, before anything else. `update` those that come back: what they may use is not kept here. */
  recover(known: Iterable<ContainerId>): Promise<Recovery>;

  /**
   * Resolves when the program runs, or with `not-supported` when the container is for another containerizer.
   *
   * @throws {LaunchError} nothing is left of the container.
   */
  launch(id: ContainerId, launch: ContainerLaunch): Promise<'launched' | 'not-supported'>;

  /** Applies new resources to a running container. */
  update(id: ContainerId, resources: ContainerResources): Promise<void>;

  /** How the first process ended, once it has. Undefined: unknown id. */
  wait(id: ContainerId): Promise<Termination> | undefined;

  /** Resolves when no process of the container is left; at once for an unknown id. */
  drained(id: ContainerId): Promise<void>;

  /** Signals every process of the container; returns how many got it. */
  signal(id: ContainerId, signal: NodeJS.Signals): Promise<number>;

  /** Kills every process of the container, a launch under way included; resolves when none is left. Idempotent. */
  destroy(id: ContainerId): Promise<void>;

  /** Destroys the container and forgets it, on disk too. Idempotent. */
  remove(id: ContainerId): Promise<void>;

  /** Undefined: unknown id, or nothing runs. */
  usage(id: ContainerId): Promise<ResourceStatistics | undefined>;

  /** Undefined: unknown id. */
  status(id: ContainerId): Promise<ContainerStatus | undefined>;

  /** Lets go of everything but the containers, which run on. */
  close(): Promise<void>;
}
