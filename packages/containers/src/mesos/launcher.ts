import type { ContainerKey } from '../container-id.ts';
import type { RecoveredContainer } from '../containerizer.ts';
import type { ExitStatus } from '../exit-status.ts';

/** What to run. */
export interface LaunchSpec {
  /** The program; without a slash it is searched in the `PATH` of `environment`. */
  readonly file: string;
  /** All of argv, argv[0] included. */
  readonly argv: readonly string[];
  /** All of the environment: nothing is inherited. One variable is added, see `containerMarker`. */
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  /** Files that standard output and error are appended to; made when missing, never followed when a link. */
  readonly stdout: string;
  readonly stderr: string;
  /** Switch to this user; needs root unless it is the agent's own. */
  readonly user?: string;
  /** Default 0o022. */
  readonly umask?: number;
  /**
   * Called between fork and exec, with the pid of the container's process: what must be on disk before anything runs
   * (`forked.pid`) is written here. When it fails, or the agent dies before it is done, nothing runs.
   */
  readonly checkpoint?: (pid: number) => Promise<void>;
}

/** CPU and memory of all processes of a container. */
export interface ProcessUsage {
  /** Seconds, of all processes there ever were: it never decreases. */
  readonly userSeconds: number;
  readonly systemSeconds: number;
  readonly rssBytes: number;
  readonly processes: number;
  readonly threads: number;
}

/**
 * Starts containers' processes and ends them: the only place from which the agent starts anything. Containers and
 * what became of them outlive the agent; a new launcher on the same runtime directory takes over with `recover`.
 *
 * A container's processes are all descendants of its first one, whatever sessions, groups or parents they moved to.
 * Methods that take an id are harmless for unknown ones.
 */
export interface Launcher {
  /** Value accepted by `--launcher`. */
  readonly name: string;

  /** Call it once, before any launch. Includes containers that ended meanwhile, until they are removed. */
  recover(): Promise<ReadonlyMap<ContainerKey, RecoveredContainer>>;

  /**
   * Resolves when the program runs (exec succeeded). Many launches may be under way.
   *
   * @throws {LaunchError} nothing is left and the id is unknown again; whoever tries again takes a new id.
   */
  launch(id: ContainerKey, spec: LaunchSpec): Promise<{ readonly pid: number }>;

  /** How the first process ended, once it has. Other processes of the container may be left. Undefined: unknown id. */
  wait(id: ContainerKey): Promise<ExitStatus> | undefined;

  /** Resolves when no process of the container is left; at once for an unknown id. */
  drained(id: ContainerKey): Promise<void>;

  /** The first process. Undefined: unknown id, or not forked yet. */
  pid(id: ContainerKey): number | undefined;

  /**
   * Sends a signal to every process of the container: all are stopped first, so that none forks away, and continued
   * after.
   *
   * @returns how many got it.
   */
  signal(id: ContainerKey, signal: NodeJS.Signals): Promise<number>;

  /** Kills every process of the container, also one whose launch is under way; resolves when none is left. */
  destroy(id: ContainerKey): Promise<void>;

  /** Destroys the container and forgets it and its exit status, on disk too: call it once the status is safe elsewhere. */
  remove(id: ContainerKey): Promise<void>;

  /** Undefined: unknown id, or nothing is left of it. */
  usage(id: ContainerKey): Promise<ProcessUsage | undefined>;

  /** Lets go of everything but the containers, which run on. */
  close(): Promise<void>;
}

/**
 * Name of the variable that every process of a container starts with, valued the container's id: one of the ways to
 * recognise them after the process that watched them was killed.
 */
export const containerMarker = 'MESETA_CONTAINER_ID';
