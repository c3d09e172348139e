import type {
  ContainerConfig,
  ContainerID,
  ContainerLaunchInfo,
  ContainerLimitation,
  ContainerState,
  ContainerStatus,
  Resource,
  ResourceStatistics,
} from '@meseta/protocol';

/** Limits above the resources, by resource name; `Infinity` for none. */
export type ResourceLimits = Readonly<Record<string, number>>;

/**
 * One aspect of what a container may see, use or do: built-in ones and those of modules alike. All phases are optional.
 *
 * ```text
 * recover ─▶ prepare ─▶ isolate ─▶ update, usage, status … ─▶ cleanup
 *                └────▶ watch …   (beside all that follows)
 * ```
 *
 * Of one container `prepare` runs in the order of `--isolation`, one isolator at a time; `isolate` in all isolators at
 * once; `cleanup` in reverse order, after a failed launch too and for containers that were never prepared. Phases of
 * different containers do not wait for each other.
 *
 * An id with a parent is a nested container; its isolators have seen its parent before, and see its end before its
 * parent's.
 *
 * @see Mesos include/mesos/slave/isolator.hpp
 */
export interface Isolator {
  /** Value accepted by `--isolation`. */
  readonly name: string;
  /** Takes part in nested containers as well. Default: false. */
  readonly supportsNesting?: boolean;
  /** Takes part in stand-alone containers, which have no executor. Default: false. */
  readonly supportsStandalone?: boolean;

  /**
   * Once, before all else: containers that an earlier agent started and which run, and containers nobody knows, which
   * will be cleaned up. A rejection keeps the agent from starting.
   */
  recover?(states: readonly ContainerState[], orphans: readonly ContainerID[]): Promise<void>;

  /** Before fork. A rejection fails the launch; its message becomes the task's. */
  prepare?(id: ContainerID, config: ContainerConfig): Promise<ContainerLaunchInfo | undefined>;

  /** Between fork and exec: `pid` exists but runs nothing yet. A rejection fails the launch. */
  isolate?(id: ContainerID, pid: number): Promise<void>;

  /**
   * Resolves when the container ran into a limit and must end, or with undefined when `signal` is aborted, at once.
   * Starts right after the last `prepare`, and after `recover`. A rejection ends the container as well.
   */
  watch?(id: ContainerID, signal: AbortSignal): Promise<ContainerLimitation | undefined>;

  /** New resources of a running container. */
  update?(id: ContainerID, resources: readonly Resource[], limits?: ResourceLimits): Promise<void>;

  /** What it knows of the container's use; fields of all isolators become one message. May give up on `signal`. */
  usage?(id: ContainerID, signal?: AbortSignal): Promise<ResourceStatistics>;

  status?(id: ContainerID): Promise<ContainerStatus>;

  /** Idempotent; the container may be unknown. */
  cleanup?(id: ContainerID): Promise<void>;

  /** Lets go of what it holds in the agent's process, not of containers. */
  close?(): Promise<void>;
}
