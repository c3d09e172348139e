/** The Docker engine, as the rest of this package sees it. */
import type { Readable } from 'node:stream';
import type {
  ContainerInspect,
  ContainerStats,
  ContainerSummary,
  EngineInfo,
  EngineVersion,
  ExecInspect,
  ImageInspect,
  WaitResult,
} from './answers.ts';
import type { CreateRequest, UpdateResources } from './create-request.ts';
import type { EngineEvent, EngineFilters } from './events.ts';
import type { OutputChunk } from './output.ts';
import type { PullProgress } from './pull-progress.ts';
import type { RegistryAccount } from './registry-account.ts';
import type { CallOptions } from './transport.ts';

/** A stream from the engine. It holds a connection until it was read to its end, left (`break`), or closed. */
export interface EngineStream<T> extends AsyncIterable<T> {
  /** Ends it: who iterates gets no more, and no error. */
  close(): void;
}

/** A connection to the input and output of a container or of a command in it. */
export interface AttachedStream extends EngineStream<OutputChunk> {
  /** Writes to the input. Resolves when more can be written. @throws {EngineError} */
  write(data: Uint8Array | string): Promise<void>;
  /** Ends the input. Output goes on. */
  endInput(): void;
}

/** How an image is pulled. */
export interface PullOptions extends CallOptions {
  readonly account?: RegistryAccount | undefined;
  /** `os/architecture`; undefined: that of the engine. */
  readonly platform?: string | undefined;
  /** Called with each message of the engine. */
  readonly onProgress?: ((progress: PullProgress) => void) | undefined;
  /** Called with lines for people, at most some tens: `2 of 5 layers, 12.3 of 45.6 MB (27%)`. */
  readonly onLine?: ((line: string) => void) | undefined;
}

/** Which output of the past, and of the future, is wanted. */
export interface LogsOptions extends CallOptions {
  /** Whether the container has a terminal: `tty` of its inspection. */
  readonly tty: boolean;
  readonly stdout?: boolean;
  readonly stderr?: boolean;
  /** Goes on until the container ends. */
  readonly follow?: boolean;
  /** The last so many lines; undefined: all. */
  readonly tail?: number;
  /** Nanoseconds since 1970, by the engine's clock: entries of that time and later. */
  readonly sinceNs?: bigint;
  /** Each entry begins with its time, as `2026-11-21T04:58:28.526394069Z`, and a blank. */
  readonly timestamps?: boolean;
}

/** What is attached to. */
export interface AttachOptions extends CallOptions {
  /** Whether the container has a terminal: `tty` of its inspection. */
  readonly tty: boolean;
  /** Without it, `write` fails. The container needs `OpenStdin`. */
  readonly stdin?: boolean;
  readonly stdout?: boolean;
  readonly stderr?: boolean;
  /** Begins with the output of the past. */
  readonly logs?: boolean;
}

/** A command to run in a container. */
export interface ExecRequest {
  readonly cmd: readonly string[];
  /** `NAME=value`; besides the container's own. */
  readonly env?: readonly string[];
  readonly user?: string;
  /** Needs API 1.35. */
  readonly workingDir?: string;
  readonly tty?: boolean;
  readonly privileged?: boolean;
  readonly stdin?: boolean;
}

/**
 * A Docker engine. All calls throw {@link EngineError}: `CANCELLED` when their signal is aborted, `TIMEOUT` when there is
 * no answer in time (a minute, unless said otherwise). A call that fails with `BROKEN`, `TIMEOUT` or `CANCELLED` may
 * have been carried out. Nothing is repeated by itself, except that a version of the API that the engine refuses is
 * negotiated anew. Containers are named by id or by name.
 */
export interface DockerEngine {
  /** Where it is, in the form of `DOCKER_HOST`, for messages. */
  readonly endpoint: string;

  /** Returns when the engine answers. Does not negotiate. */
  ping(options?: CallOptions): Promise<void>;
  version(options?: CallOptions): Promise<EngineVersion>;
  info(options?: CallOptions): Promise<EngineInfo>;
  /** Returns the version of the API that is spoken, such as `1.41`. */
  apiVersion(options?: CallOptions): Promise<string>;

  /**
   * Watches events from now on, or from `since` (nanoseconds since 1970 by the engine's clock; it has the last 256). Ends
   * when the engine ends, with `BROKEN` if it breaks off. `watchEngineEvents` connects again by itself.
   */
  events(options?: EventsOptions): Promise<EngineStream<EngineEvent>>;

  readonly images: EngineImages;
  readonly containers: EngineContainers;
  readonly execs: EngineExecs;

  /** Ends all connections; calls and streams fail with `CLOSED`. */
  close(): Promise<void>;
}

/** Which events are wanted. */
export interface EventsOptions extends CallOptions {
  readonly filters?: EngineFilters;
  readonly since?: number | undefined;
  /** Ends the stream after events of that time. */
  readonly until?: number | undefined;
}

/** The images of an engine. */
export interface EngineImages {
  /** Returns undefined when there is no such image. */
  inspect(name: string, options?: CallOptions): Promise<ImageInspect | undefined>;
  /**
   * Pulls an image, `latest` when the name has neither tag nor digest. There is no limit of time unless `timeoutMs` says
   * so; an aborted signal ends the pull in the engine, too.
   *
   * @throws {EngineError} `NOT_FOUND`, `UNAUTHORIZED`, or `ENGINE` with what the engine said; `INVALID` for the name.
   */
  pull(name: string, options?: PullOptions): Promise<void>;
  /** Makes an image of one layer from a tar archive of a root file system. @returns its id. */
  import(archive: Readable | Buffer, name: string, options?: ImportOptions): Promise<string>;
  /** Loads images from an archive of `docker save`. @returns what the engine says, such as `Loaded image: a:latest`. */
  load(archive: Readable | Buffer, options?: CallOptions): Promise<string>;
  tag(name: string, repository: string, tag: string, options?: CallOptions): Promise<void>;
  /** Pushes an image to the registry in its name. */
  push(name: string, options?: PullOptions): Promise<void>;
  /** @returns false when there is no such image. */
  remove(name: string, options?: CallOptions & { readonly force?: boolean }): Promise<boolean>;
}

/** How an image is imported. */
export interface ImportOptions extends CallOptions {
  /** Instructions of a Dockerfile, such as `CMD ["sh"]` or `ENV A=b`. */
  readonly changes?: readonly string[];
}

/** The containers of an engine. */
export interface EngineContainers {
  /**
   * Creates a container. @returns its id, and warnings such as of limits that are not enforced.
   *
   * @throws {EngineError} `NOT_FOUND`: no such image; `CONFLICT`: the name is in use; `INVALID`.
   */
  create(
    name: string,
    request: CreateRequest,
    options?: CallOptions,
  ): Promise<{ readonly id: string; readonly warnings: readonly string[] }>;
  /** Starts it. @returns false when it runs already. */
  start(id: string, options?: CallOptions): Promise<boolean>;
  /** Returns undefined when there is no such container. */
  inspect(id: string, options?: CallOptions): Promise<ContainerInspect | undefined>;
  /** Lists containers. @param options.all those that do not run, too. */
  list(
    options?: CallOptions & { readonly all?: boolean; readonly filters?: EngineFilters },
  ): Promise<ContainerSummary[]>;
  /**
   * Waits until it does not run, without limit of time. `not-running` is fulfilled by one that was not started;
   * `next-exit` and `removed` need API 1.30.
   *
   * @throws {EngineError} `NOT_FOUND`; `BROKEN` when the engine ends meanwhile: inspect it then.
   */
  wait(
    id: string,
    options?: CallOptions & { readonly condition?: 'not-running' | 'next-exit' | 'removed' },
  ): Promise<WaitResult>;
  /** Sends a signal, by name or number; SIGKILL by default. @returns false when it does not run, or is not there. */
  kill(id: string, signal?: string, options?: CallOptions): Promise<boolean>;
  /**
   * Sends its stop signal, and SIGKILL after the grace period (whole seconds). Resolves when it has ended.
   *
   * @returns false when it does not run, or is not there.
   */
  stop(id: string, graceSeconds: number, options?: CallOptions): Promise<boolean>;
  /** Removes it with its anonymous volumes. @returns false when it is not there, or is being removed. */
  remove(id: string, options?: CallOptions & { readonly force?: boolean }): Promise<boolean>;
  rename(id: string, name: string, options?: CallOptions): Promise<void>;
  /** Changes limits. @returns warnings. */
  update(id: string, resources: UpdateResources, options?: CallOptions): Promise<readonly string[]>;
  /** Returns what it uses now; undefined when it does not run or is not there. */
  stats(id: string, options?: CallOptions): Promise<ContainerStats | undefined>;
  /** Reads its output, where its logging driver keeps it (`json-file`, `local`, `journald`). */
  logs(id: string, options: LogsOptions): Promise<EngineStream<OutputChunk>>;
  /**
   * Attaches to its input and output. What is written before that is not seen without `logs`; attach before `start`. Ends
   * with the container, or with the engine: inspect it then.
   */
  attach(id: string, options: AttachOptions): Promise<AttachedStream>;
  /** Sets the size of its terminal. */
  resize(id: string, rows: number, columns: number, options?: CallOptions): Promise<void>;
}

/** Commands in running containers. */
export interface EngineExecs {
  /** @returns its id. @throws {EngineError} `CONFLICT`: the container does not run. */
  create(container: string, request: ExecRequest, options?: CallOptions): Promise<string>;
  /** Starts it. The stream ends with it; its status is in `inspect` then. @param options.tty as in the request. */
  start(id: string, options: CallOptions & { readonly tty: boolean }): Promise<AttachedStream>;
  /** Returns undefined when it is not known. Engines forget it some minutes after its end. */
  inspect(id: string, options?: CallOptions): Promise<ExecInspect | undefined>;
  resize(id: string, rows: number, columns: number, options?: CallOptions): Promise<void>;
}
