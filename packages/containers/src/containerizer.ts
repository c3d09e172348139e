/**
 * The interface between the agent and containers. How they run (as process trees, in Docker, by an external program) is
 * up to an implementation; each has to pass `contract.test.ts`.
 *
 * ```text
 * launch ──▶ (fetch, prepare, fork, isolate, exec) ──▶ runs ──▶ first process ends ──▶ destroy ──▶ remove
 *    └─ fails: nothing is left                          └───────────── destroy, at any time ──▲
 * ```
 *
 * @see Mesos src/slave/containerizer/containerizer.hpp
 */
import type { Socket } from 'node:net';
import type {
  CommandInfo,
  ContainerConfig,
  ContainerInfo,
  ContainerLimitation,
  ContainerState,
  ContainerStatus,
  DockerTaskExecutorPrepareInfo,
  EnvironmentVariable,
  Image,
  NetworkInfo,
  Resource,
  ResourceStatistics,
} from '@meseta/protocol';
import type { ContainerId, ContainerKey } from './container-id.ts';
import type { ContainerIO } from './container-io.ts';
import type { Environment } from './environment.ts';
import type { ExitStatus } from './exit-status.ts';
import type { ResourceLimits } from './resource-limits.ts';

/** The description of a container to launch. */
export interface ContainerLaunch {
  /**
   * Command, sandbox, user, resources, and executor or task. A container of class `DEBUG` with a parent runs inside of
   * its parent, to inspect it, and inherits its environment, its working directory and, without a user, its user.
   */
  readonly config: ContainerConfig;
  /** It has no program, whatever the command says: it holds what containers nested in it share, until it is destroyed. */
  readonly pauses?: boolean;
  /** The environment of the first process, besides the variables of its command. */
  readonly environment?: Environment;
  /** Groups of the volumes that it shares, which its processes are in besides those of its user. */
  readonly groups?: readonly number[];
  /** Variables that take precedence over those of isolators. */
  readonly variables?: readonly EnvironmentVariable[];
}

/** A container of a Docker engine before anything was done for it, as hooks are told. */
export interface DockerLaunch {
  readonly config: ContainerConfig;
  /** Its name in the engine. */
  readonly name: string;
  /** Where it sees its sandbox. */
  readonly mappedSandbox: string;
  /** The agent's variables, before those of the container and of its command. */
  readonly environment: Environment;
}

/** Files and callbacks of a launch. */
export interface LaunchOptions {
  /**
   * Files that output is appended to. Default: `stdout` and `stderr` in the sandbox. `attached`: no files; input and output
   * are for those who attach, and end with the agent.
   */
  readonly io?: { readonly stdout: string; readonly stderr: string } | 'attached';
  /** Fields of the entries that its output gets in the journal: the ids of framework, agent, executor and task. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Debug containers may be launched in it, also by the next agent, so its environment is stored on disk. */
  readonly keepsEnvironment?: boolean;
  /**
   * Called before anything else is done for a container of a Docker engine, and for no other. Its answer has variables for the
   * container, which take precedence over those of its command. A rejection fails the launch.
   */
  readonly decorateDocker?: (launch: DockerLaunch) => Promise<DockerTaskExecutorPrepareInfo>;
  /** Called when its files have been fetched. A rejection fails the launch. */
  readonly fetched?: () => Promise<void>;
  /**
   * Called between fork and exec, with the pid of the first process where the containerizer knows it, to write what must
   * be on disk before the program runs. When it rejects, or the agent ends before it is done, the program does not run.
   */
  readonly checkpoint?: (pid: number | undefined) => Promise<void>;
}

/**
 * The result of a launch: the pid of the first process, undefined where the containerizer does not know it.
 * `unsupported` names what this containerizer cannot do; another one may be able to.
 */
export type LaunchResult = { readonly pid: number | undefined } | { readonly unsupported: string };

/** A port to connect to. */
export interface ConnectTarget {
  /** Its address or name, as it is called in the container's network. */
  readonly host: string;
  readonly port: number;
}

/** How a container ended. */
export interface Termination {
  /** How the first process ended. */
  readonly exit: ExitStatus;
  /** The container was being ended at that time: by `destroy`, with its parent, or because of a limit. */
  readonly destroyed?: true;
  /** The limit for which the containerizer ended it. */
  readonly limitation?: ContainerLimitation;
  /** What the containerizer says about the end, where it says more than `exit`. */
  readonly message?: string;
}

/** A container that an earlier agent recorded, and may have launched. */
export interface KnownContainer extends Omit<ContainerState, 'container_id' | 'pid'> {
  readonly id: ContainerId;
  /** The user that it runs as, and debug containers in it; undefined: the agent's own. */
  readonly user?: string | undefined;
  /** The environment of debug containers, when none is stored. */
  readonly environment?: Environment;
}

/** The state of a container that an earlier agent launched. */
export interface RecoveredContainer {
  /** The pid of the first process; undefined when it was never started, or the containerizer does not know it. */
  readonly pid: number | undefined;
  /** True when the first process has not ended yet. */
  readonly running: boolean;
}

/** The containers that an earlier agent left. */
export interface Recovery {
  /**
   * The known containers that were found, by the text form of their ids. The others were never started. Nested ones whose
   * parent is not among them are orphans.
   */
  readonly containers: ReadonlyMap<ContainerKey, RecoveredContainer>;
  /** Containers that are not among the known ones. They run on until they are removed by `remove`. */
  readonly orphans: readonly ContainerId[];
}

/**
 * Starts containers, watches them and ends them. A container is a process and all its descendants, with what was set up
 * for it.
 *
 * **Order.** `recover` is called first, once. Calls for one id may overlap: `destroy` may be called at any time. Calls
 * for different containers do not wait for each other.
 *
 * **Unknown ids** are harmless: the call does nothing and returns undefined.
 *
 * **Crash.** When the agent ends during a launch, the next `recover` on the same runtime directory finds by its id what
 * the launch left: either the program did not run and will not run, or the container exists and its exit status is kept
 * until `remove`.
 */
export interface Containerizer {
  /** Value accepted by `--containerizers`. */
  readonly name: string;

  /** False when containers consist of processes only: then `update` and `status` have nothing to do. */
  readonly isolates: boolean;

  /** Returns why `launch` would say that it cannot do this; undefined when it can. Absent: `launch` alone says it. */
  refuses?(config: ContainerConfig): string | undefined;

  /**
   * Returns the command of the executor that a command task's container must run, because the containerizer cannot
   * signal what is in a container, nor run checks in it. Undefined or absent: the agent supervises the task.
   */
  commandExecutor?(config: ContainerConfig): CommandInfo | undefined;

  /**
   * Tells whether the persistent volumes of a container are mounted by its launch, and by `mountVolumes` later on. Absent
   * or false: the agent links them into the sandbox.
   */
  mountsVolumes?(config: ContainerConfig): boolean;

  /**
   * Takes over the containers of an earlier agent.
   *
   * @throws {IsolatorError} the agent must not start.
   */
  recover(known: readonly KnownContainer[]): Promise<Recovery>;

  /**
   * Launches a container. Resolves when the program runs (exec succeeded). A parent must be running. A nested container that
   * is not of class `DEBUG` has its own sandbox, resources, image and so on; the caller makes the sandbox, in that of the
   * parent.
   *
   * @throws {LaunchError} {IsolatorError} nothing is left and the id is unknown again; a caller that tries again uses a
   * new id.
   */
  launch(id: ContainerId, launch: ContainerLaunch, options?: LaunchOptions): Promise<LaunchResult>;

  /**
   * Mounts persistent volumes in a running container, for a task that its executor is to get. See `mountsVolumes`.
   *
   * @throws {LaunchError} naming the volume's container path.
   */
  mountVolumes?(id: ContainerId, resources: readonly Resource[]): Promise<void>;

  /** Changes the resources of a container. Never rejects: after a failure the container keeps the resources it had. */
  update(id: ContainerId, resources: readonly Resource[], limits: ResourceLimits): Promise<void>;

  /** Returns a container's resource usage; undefined when it does not exist any more. */
  usage(id: ContainerId): Promise<ResourceStatistics | undefined>;

  /** Returns a container's status. Never rejects. */
  status(id: ContainerId): Promise<ContainerStatus>;

  /**
   * Returns input and output of a container that has a terminal (`tty_info`), or was launched as `attached`; also while its
   * program does not run yet, and when it has ended. Undefined for others, and unknown ones. Absent: there are none.
   *
   * @throws {TerminalAwayError}
   */
  attach?(id: ContainerId): ContainerIO | undefined;

  /**
   * Connects to a port in the network namespace of a container, with the rights of its user and no others. Undefined when its
   * network is the agent's own, and where that is not known. Absent: it always is.
   *
   * @param signal ends the connection, also when it has been made.
   * @throws an error with `code` and `address` as those of Node.js where there is no connection; an AbortError.
   */
  connect?(id: ContainerId, to: ConnectTarget, signal: AbortSignal): Promise<Socket> | undefined;

  /**
   * Returns what is known of a container since its start, in base64: the data of its task's TASK_RUNNING. It may be large, and is
   * kept no longer. Absent, and undefined: nothing.
   */
  takeDescription?(id: ContainerId): string | undefined;

  /**
   * Returns the networks in which a command task's container has addresses of its own: what its TASK_RUNNING tells, and no
   * other status of it, as in Mesos's executor for Docker. Absent, and none: `status` says what there is.
   */
  networksOfTask?(id: ContainerId): readonly NetworkInfo[];

  /** Tells whether such a container runs on another machine, so that the agent's addresses are not its own. Absent: it does not. */
  isElsewhere?(container: ContainerInfo | undefined): boolean;

  /** Returns the pid of the first process; undefined before it is started, and where it is not known. */
  pid(id: ContainerId): number | undefined;

  /**
   * Resolves when the first process has ended; other processes of the container run on until `destroy`. Returns
   * undefined for an unknown id.
   */
  wait(id: ContainerId): Promise<Termination> | undefined;

  /** Resolves when no process of the container is left. */
  drained(id: ContainerId): Promise<void>;

  /**
   * Resolves when the output of a container that has ended is in its sandbox, or does not get further. Absent: its processes have
   * written it themselves.
   */
  outputSettled?(id: ContainerId): Promise<void>;

  /**
   * Sends a signal to every process of the container.
   *
   * @returns the number of processes that got it; 0 where containers cannot be signalled.
   */
  signal(id: ContainerId, signal: NodeJS.Signals): Promise<number>;

  /**
   * Sends a signal to the first process of the container alone.
   *
   * @param signal its number.
   * @returns false when the process has not started or has ended, and where containers cannot be signalled.
   */
  signalFirst(id: ContainerId, signal: number): boolean;

  /**
   * Ends a container and all containers nested in it, also during a fetch, its preparation or its launch. Resolves when
   * no process is left and what was set up for it is removed. Idempotent. The exit status is kept.
   */
  destroy(id: ContainerId): Promise<void>;

  /**
   * Destroys a container and removes its record, on disk as well. To be called when its exit status is stored
   * elsewhere.
   */
  remove(id: ContainerId): Promise<void>;

  /**
   * Removes stored images that no container uses. Absent: it stores none.
   *
   * @param excluded images that stay.
   */
  pruneImages?(excluded: readonly Image[]): Promise<void>;

  /** Returns the containers that were launched or recovered, and not removed. */
  containers(): Iterable<ContainerId>;

  /** Releases everything except the containers, which run on. Launches under way fail. Idempotent. */
  close(): Promise<void>;
}
