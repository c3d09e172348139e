/**
 * Everything the agent knows of containers. What runs them (process trees, Docker, a program of the operator's) is an
 * implementation's business; `contract.test.ts` is what each has to pass.
 *
 * ```text
 * launch ──▶ (fetch, prepare, fork, isolate, exec) ──▶ runs ──▶ first process ends ──▶ destroy ──▶ remove
 *    └─ fails: nothing is left                          └───────────── destroy, at any time ──▲
 * ```
 *
 * @see Mesos src/slave/containerizer/containerizer.hpp
 */
import type {
  ContainerConfig,
  ContainerLimitation,
  ContainerState,
  ContainerStatus,
  EnvironmentVariable,
  Resource,
  ResourceStatistics,
} from '@meseta/protocol';
import type { ContainerId, ContainerKey } from './container-id.ts';
import type { Environment } from './environment.ts';
import type { ExitStatus } from './exit-status.ts';
import type { ResourceLimits } from './mesos/isolators/isolator.ts';

/** What a container is to be. */
export interface ContainerLaunch {
  /**
   * Command, sandbox, user, resources, and whom it is for. Of class `DEBUG` with a parent: one that has a look at its
   * parent, runs in all that surrounds it and inherits its environment.
   */
  readonly config: ContainerConfig;
  /** Of its first process, besides what its command brings. */
  readonly environment?: Environment;
  /** As `environment`, but above what isolators add. */
  readonly variables?: readonly EnvironmentVariable[];
}

/** How a launch is done. */
export interface LaunchOptions {
  /** Files that output is appended to. Default: `stdout` and `stderr` in the sandbox. */
  readonly io?: { readonly stdout: string; readonly stderr: string };
  /** Debug containers may be launched in it, also by the next agent: what they inherit is kept on disk. */
  readonly keepsEnvironment?: boolean;
  /** Called when its files are there. A rejection fails the launch. */
  readonly fetched?: () => Promise<void>;
  /**
   * Called between fork and exec, with the pid of its first process: what must be on disk before anything runs is
   * written here. When it rejects, or the agent dies before it is done, nothing runs.
   */
  readonly checkpoint?: (pid: number) => Promise<void>;
}

/** `unsupported` says what is asked for that this containerizer does not do; another one may. */
export type LaunchResult = { readonly pid: number } | { readonly unsupported: string };

/** How a container ended. */
export interface Termination {
  /** Of its first process. */
  readonly exit: ExitStatus;
  /** Its end was asked for by then: by `destroy`, with its parent, or by a limit. */
  readonly destroyed?: true;
  /** The limit for which the containerizer ended it. */
  readonly limitation?: ContainerLimitation;
}

/** A container that an earlier agent wrote down, and may have launched. */
export interface KnownContainer extends Omit<ContainerState, 'container_id' | 'pid'> {
  readonly id: ContainerId;
  /** What debug containers inherit if nothing was kept. */
  readonly environment?: Environment;
}

/** What was found of a container that an earlier agent launched. */
export interface RecoveredContainer {
  /** Its first process; undefined when it never got that far. */
  readonly pid: number | undefined;
  /** True when the first process has not ended yet. */
  readonly running: boolean;
}

/** What an earlier agent left. */
export interface Recovery {
  /** Known containers of which there is anything, by the text form of their ids. Of others nothing ever ran. */
  readonly containers: ReadonlyMap<ContainerKey, RecoveredContainer>;
  /** Containers that nobody knows. They run on until they are `remove`d. */
  readonly orphans: readonly ContainerId[];
}

/**
 * Starts containers, watches and ends them. A container is one process and all its descendants, with the surroundings
 * that were made for it.
 *
 * **Order.** `recover` comes first, once. What is called for one id may overlap: `destroy` at any time, whatever is under
 * way. Calls for different containers do not wait for each other.
 *
 * **Unknown ids** are harmless: nothing is done, undefined is the answer.
 *
 * **Crash.** What a launch leaves behind when the agent dies is found by the next `recover` on the same runtime
 * directory, by its id: either nothing ran and nothing will, or the container is there and its exit status is kept until
 * `remove`.
 */
export interface Containerizer {
  /** Value accepted by `--containerizers`. */
  readonly name: string;

  /** Whether anything but its processes makes up its containers: else `update` and `status` have nothing to do. */
  readonly isolates: boolean;

  /**
   * Takes over what an earlier agent left.
   *
   * @throws {IsolatorError} the agent must not start.
   */
  recover(known: readonly KnownContainer[]): Promise<Recovery>;

  /**
   * Resolves when the program runs (exec succeeded). A parent must be running.
   *
   * @throws {LaunchError} {IsolatorError} nothing is left and the id is unknown again; whoever tries again takes a new id.
   */
  launch(id: ContainerId, launch: ContainerLaunch, options?: LaunchOptions): Promise<LaunchResult>;

  /** New resources of a container. Never rejects: it goes on with what it had. */
  update(id: ContainerId, resources: readonly Resource[], limits: ResourceLimits): Promise<void>;

  /** What a container uses; undefined when nothing of it is left. */
  usage(id: ContainerId): Promise<ResourceStatistics | undefined>;

  /** What is known of a container. Never rejects. */
  status(id: ContainerId): Promise<ContainerStatus>;

  /** The first process; undefined before there is one. */
  pid(id: ContainerId): number | undefined;

  /**
   * Resolves when the first process has ended, with how; other processes of the container run on until `destroy`.
   * Undefined: unknown id.
   */
  wait(id: ContainerId): Promise<Termination> | undefined;

  /** Resolves when no process of the container is left. */
  drained(id: ContainerId): Promise<void>;

  /** Sends a signal to every process of the container. @returns how many got it. */
  signal(id: ContainerId, signal: NodeJS.Signals): Promise<number>;

  /**
   * Ends a container and all nested in it, whatever is under way: a fetch, its preparation, its launch, its run. Resolves
   * when no process is left and its surroundings are gone. Idempotent. Its exit status is kept.
   */
  destroy(id: ContainerId): Promise<void>;

  /** Destroys a container and forgets it, on disk too: call it once its exit status is safe elsewhere. */
  remove(id: ContainerId): Promise<void>;

  /** Those that were launched or recovered and not removed. */
  containers(): Iterable<ContainerId>;

  /** Lets go of everything but the containers, which run on; launches under way fail. Idempotent. */
  close(): Promise<void>;
}
