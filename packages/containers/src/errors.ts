import type { ContainerLimitation } from '@meseta/protocol';

/**
 * Why a container was not launched.
 *
 * - `INVALID`: the request can never succeed (empty argv, a NUL in a string, …)
 * - `REFUSED`: this agent's operator does not allow it; another agent may
 * - `TOO_LONG`: an argument or variable is longer than Linux allows; the message has its name and the limit
 * - `USER`: the user is unknown, or switching users needs root
 * - `EXEC`: the container's process could not be started; `errno` and `step` have the reason
 * - `EXISTS`: a container of this id was launched before
 * - `DESTROYED`: the container was destroyed during its launch
 * - `CHECKPOINT`: the caller's checkpoint failed; the process was ended before it ran the program
 * - `HOOK`: a hook failed that the launch must not go on without; the message names it
 * - `FETCH`: the container's URIs could not be fetched; its stderr has the reason
 * - `TERMINAL`: there is no terminal for it
 * - `LOGGER`: the process that writes its output could not be started
 * - `SPAWNER`: the helper process could not be started or was killed; nothing was run
 * - `VOLUME_GID`: a volume could not be given to a group of `--volume_gid_range`
 * - `LIMITED`: the container was ended because it reached a limit, see `limitation`
 */
export type LaunchErrorCode =
  | 'INVALID'
  | 'REFUSED'
  | 'TOO_LONG'
  | 'USER'
  | 'EXEC'
  | 'EXISTS'
  | 'DESTROYED'
  | 'CHECKPOINT'
  | 'HOOK'
  | 'FETCH'
  | 'TERMINAL'
  | 'LOGGER'
  | 'SPAWNER'
  | 'VOLUME_GID'
  | 'LIMITED';

/**
 * A container was not launched. Nothing of it is left, and its program did not run (except with `DESTROYED`, which may
 * come late).
 */
export class LaunchError extends Error {
  override readonly name = 'LaunchError';
  readonly code: LaunchErrorCode;
  /** The system's error, such as `ENOENT`; only with `EXEC`. */
  readonly errno: string | undefined;
  /**
   * The step that failed: `exec`, `chdir`, `stdout`, `stderr`, `user`, `fork` or `runtime` (files of the runtime
   * directory).
   */
  readonly step: string | undefined;
  /** Only with `LIMITED`. */
  readonly limitation: ContainerLimitation | undefined;

  constructor(
    code: LaunchErrorCode,
    message: string,
    options: { cause?: unknown; errno?: string; step?: string; limitation?: ContainerLimitation } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.errno = options.errno;
    this.step = options.step;
    this.limitation = options.limitation;
  }
}
