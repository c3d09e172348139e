import type {
  ContainerConfig,
  ContainerID,
  ContainerLimitation,
  ContainerState,
  ContainerStatus,
  Resource,
  ResourceStatistics,
} from '@meseta/protocol';
import type { ResourceLimits } from '../../resource-limits.ts';
import type { ContainerFeature } from '../container-features.ts';
import type { LaunchPart } from '../launch-plan.ts';

/**
 * Controls one aspect of what a container may see, use or do. Built in, or of a module. All phases are optional.
 *
 * ```text
 * recover ─▶ prepare ─▶ isolate ─▶ update, usage, status … ─▶ cleanup
 *                └────▶ watch …   (beside all that follows)
 * ```
 *
 * For one container, `prepare` runs in the order of `--isolation`, one isolator at a time; `isolate` runs in all at
 * once; `cleanup` in reverse order, after a failed launch too and for containers that were never prepared. Phases of
 * different containers do not wait for each other.
 *
 * An id with a parent is a nested container: isolators prepare it after its parent, and clean it up before its
 * parent.
 *
 * @see Mesos include/mesos/slave/isolator.hpp
 */
export interface Isolator {
  /** Value accepted by `--isolation`. */
  readonly name: string;
  /** What tasks may ask for because this isolator does it. */
  readonly provides?: readonly ContainerFeature[];
  /** The isolator takes part in nested containers. Default: false. */
  readonly supportsNesting?: boolean;
  /** The isolator takes part in stand-alone containers, which have no executor. Default: false. */
  readonly supportsStandalone?: boolean;

  /**
   * Called once, before any other phase, with the running containers of an earlier agent, and with unknown containers,
   * which will be cleaned up. A rejection keeps the agent from starting.
   */
  recover?(states: readonly ContainerState[], orphans: readonly ContainerID[]): Promise<void>;

  /** Called before fork. A rejection fails the launch; its message becomes the task's. */
  prepare?(id: ContainerID, config: ContainerConfig): Promise<LaunchPart | undefined>;

  /**
   * Called between fork and exec: the process `pid` exists and has not run the program yet. A rejection fails the
   * launch.
   */
  isolate?(id: ContainerID, pid: number): Promise<void>;

  /**
   * Resolves when the container reached a limit and must be ended, or with undefined as soon as `signal` is aborted.
   * Called after the last `prepare`, and after `recover`. A rejection ends the container as well.
   */
  watch?(id: ContainerID, signal: AbortSignal): Promise<ContainerLimitation | undefined>;

  /**
   * Tells whether a container that has ended by itself had reached a limit, which `watch` may not have noticed: it was at the
   * same moment, or while no agent was there. Called before `cleanup`.
   */
  limitation?(id: ContainerID): Promise<ContainerLimitation | undefined>;

  /**
   * Mounts the persistent volumes among these resources in a running container, which has others already. A rejection keeps
   * the task that they are for from its executor. An isolator with this phase mounts those of a launch in `prepare`; without
   * such an isolator, the agent makes links to them.
   */
  mountVolumes?(id: ContainerID, resources: readonly Resource[]): Promise<void>;

  /** Changes the resources of a running container. Volumes that are not among them are taken away. */
  update?(id: ContainerID, resources: readonly Resource[], limits?: ResourceLimits): Promise<void>;

  /**
   * Returns the usage that the isolator can measure; the results of all isolators are merged. May be aborted by
   * `signal`.
   */
  usage?(id: ContainerID, signal?: AbortSignal): Promise<ResourceStatistics>;

  status?(id: ContainerID): Promise<ContainerStatus>;

  /** Removes what was set up for the container. Idempotent; the container may be unknown. */
  cleanup?(id: ContainerID): Promise<void>;

  /** Releases resources of the agent's process, not those of containers. */
  close?(): Promise<void>;
}
