import type { ContainerKey } from '../container-id.ts';
import type { RecoveredContainer } from '../containerizer.ts';
import type { ExitStatus } from '../exit-status.ts';
import type { LaunchPlan } from './launch-plan.ts';

/**
 * In the place of a program: the first process runs none. It holds the container's namespaces and cgroups for those
 * nested in it, until it is killed.
 */
export const pause: unique symbol = Symbol('pause');

/** The program of a container, and how to run it. */
export interface LaunchSpec {
  /** The program; without a slash it is searched in the `PATH` of `environment`. */
  readonly file: string | typeof pause;
  /** All of argv, argv[0] included; empty for {@link pause}. */
  readonly argv: readonly string[];
  /** The whole environment: nothing is inherited. One variable is added, see `containerMarker`. */
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  /**
   * A terminal, which becomes the controlling one and is `stdout` and `stderr` as well; or a FIFO, as these are then: they are
   * made by the launch, and have to be opened by its checkpoint. Undefined: there is no input.
   */
  readonly stdin?: string | undefined;
  /** Files that standard output and error are appended to. They are created when missing; links are not followed. */
  readonly stdout: string;
  readonly stderr: string;
  /** Switch to this user; needs root unless it is the agent's own. */
  readonly user?: string;
  /** Groups that its processes are in besides those of {@link user}. Matters only with a user. */
  readonly groups?: readonly number[];
  /** Default 0o022. */
  readonly umask?: number;
  /** What is set up around the program. */
  readonly plan?: LaunchPlan | undefined;
  /** The container whose namespaces it enters, when that has some of its own. It must be running. */
  readonly inside?: ContainerKey | undefined;
  /**
   * Called between fork and exec, with the pid of the container's process, to write what must be on disk before the
   * program runs (`forked.pid`). When it fails, or the agent ends before it is done, the program does not run.
   */
  readonly checkpoint?: (pid: number) => Promise<void>;
}

/** CPU and memory of all processes of a container. */
export interface ProcessUsage {
  /** Seconds of all processes that ever ran: it never decreases. */
  readonly userSeconds: number;
  readonly systemSeconds: number;
  readonly rssBytes: number;
  readonly processes: number;
  readonly threads: number;
}

/**
 * Starts and ends the processes of containers. No other part of the agent starts a process in a container. Containers
 * and their exit statuses outlive the agent; a new launcher on the same runtime directory takes over with `recover`.
 *
 * A container's processes are all descendants of its first process, in any session, process group or parent. Methods
 * that take an id do nothing for unknown ones.
 */
export interface Launcher {
  /** Value accepted by `--launcher`. */
  readonly name: string;

  /**
   * Finds the containers of an earlier agent. To be called once, before any launch. Includes containers that have
   * ended, until they are removed.
   */
  recover(): Promise<ReadonlyMap<ContainerKey, RecoveredContainer>>;

  /**
   * Launches a container. Resolves when the program runs (exec succeeded). Launches run concurrently.
   *
   * @throws {LaunchError} nothing is left and the id is unknown again; a caller that tries again uses a new id.
   */
  launch(id: ContainerKey, spec: LaunchSpec): Promise<{ readonly pid: number }>;

  /**
   * Resolves when the first process has ended; other processes of the container may be left. Returns undefined for an
   * unknown id.
   */
  wait(id: ContainerKey): Promise<ExitStatus> | undefined;

  /** Resolves when no process of the container is left; at once for an unknown id. */
  drained(id: ContainerKey): Promise<void>;

  /** Tells whether a process of the container is left. */
  hasProcesses(id: ContainerKey): boolean;

  /** Returns the pid of the first process; undefined for an unknown id, or before fork. */
  pid(id: ContainerKey): number | undefined;

  /**
   * Returns the pid of the process that runs the program, which is not the first one when that is the init of a pid
   * namespace; undefined before it runs, and when it has ended.
   */
  programPid(id: ContainerKey): number | undefined;

  /**
   * Sends a signal to every process of the container. All of them are stopped first, so that none escapes by forking,
   * and continued afterwards.
   *
   * @returns the number of processes that got it.
   */
  signal(id: ContainerKey, signal: NodeJS.Signals): Promise<number>;

  /**
   * Sends a signal to the first process of the container alone.
   *
   * @param signal its number.
   * @returns false when the program does not run yet, or that process has ended.
   */
  signalFirst(id: ContainerKey, signal: number): boolean;

  /** Kills every process of the container, also during its launch. Resolves when none is left. */
  destroy(id: ContainerKey): Promise<void>;

  /**
   * Destroys the container and removes its record and exit status, on disk as well. To be called when the status is
   * stored elsewhere.
   */
  remove(id: ContainerKey): Promise<void>;

  /** Returns the usage of a container; undefined for an unknown id, or when no process is left. */
  usage(id: ContainerKey): Promise<ProcessUsage | undefined>;

  /** Releases everything except the containers, which run on. */
  close(): Promise<void>;
}

/**
 * The name of the variable in the environment of every process of a container; its value is the container's id. By it,
 * processes are found after their shim was killed.
 */
export const containerMarker = 'MESETA_CONTAINER_ID';
