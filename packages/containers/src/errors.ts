import type { ContainerLimitation } from '@meseta/protocol';

/**
 * - `INVALID`: the request can never work (empty argv, a NUL in a string, …)
 * - `TOO_LONG`: an argument or variable is longer than Linux passes to a program; the message names it and the limit
 * - `USER`: the user is unknown, or switching users needs root
 * - `EXEC`: the container's process could not be started; `errno` and `step` say why
 * - `EXISTS`: a container of this id was launched before
 * - `DESTROYED`: the container was destroyed while it was being launched
 * - `CHECKPOINT`: the caller's checkpoint failed, the process was ended before it ran anything
 * - `FETCH`: the container's URIs could not be fetched; its stderr says why
 * - `SPAWNER`: the helper process could not be started or was killed; nothing ran
 * - `LIMITED`: the container ran into a limit and was ended; `limitation` says which
 */
export type LaunchErrorCode =
  | 'INVALID'
  | 'TOO_LONG'
  | 'USER'
  | 'EXEC'
  | 'EXISTS'
  | 'DESTROYED'
  | 'CHECKPOINT'
  | 'FETCH'
  | 'SPAWNER'
  | 'LIMITED';

/** A container that did not start. Nothing of it is left, and (but for `DESTROYED`, which may come late) nothing ran. */
export class LaunchError extends Error {
  override readonly name = 'LaunchError';
  readonly code: LaunchErrorCode;
  /** As in `ENOENT`; only with `EXEC`. */
  readonly errno: string | undefined;
  /** What failed: `exec`, `chdir`, `stdout`, `stderr`, `user`, `fork` or `runtime` (files of the runtime directory). */
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
