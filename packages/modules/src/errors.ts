/**
 * Why modules cannot be used.
 *
 * - `MODULES_INVALID`: `--modules` or a file of `--modules_dir` is malformed
 * - `MODULE_NATIVE`: a native library, which Meseta cannot load
 * - `MODULE_UNKNOWN`: a name in `--hooks` or `--isolation` that is in no library
 * - `MODULE_DUPLICATE`: a name that is given twice
 * - `MODULE_PARAMETER`: a parameter is missing or invalid; the message names module and key
 * - `MODULE_FAILED`: a user's module cannot be loaded or created
 */
export type ModuleErrorCode =
  | 'MODULES_INVALID'
  | 'MODULE_NATIVE'
  | 'MODULE_UNKNOWN'
  | 'MODULE_DUPLICATE'
  | 'MODULE_PARAMETER'
  | 'MODULE_FAILED';

/** The modules cannot be used as configured, so the daemon does not start. */
export class ModuleError extends Error {
  override readonly name = 'ModuleError';
  readonly code: ModuleErrorCode;

  constructor(code: ModuleErrorCode, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/**
 * Why a call of a command gave no answer.
 *
 * - `COMMAND_FAILED`: the command ended with a status other than 0
 * - `COMMAND_NOT_EXECUTED`: it was not started: missing, not executable, or its files could not be written
 * - `COMMAND_TIMED_OUT`: it took too long and was killed
 * - `COMMAND_OUTPUT`: its answer is malformed or too long
 * - `COMMAND_DISCARDED`: the caller stopped waiting for it
 */
export type CommandErrorCode =
  | 'COMMAND_FAILED'
  | 'COMMAND_NOT_EXECUTED'
  | 'COMMAND_TIMED_OUT'
  | 'COMMAND_OUTPUT'
  | 'COMMAND_DISCARDED';

/** A call of a command failed. The message is that of mesos-command-modules. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code: CommandErrorCode;

  constructor(code: CommandErrorCode, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Creates the errors of failed calls. They are the same in both modes. */
export const commandErrors = {
  returned: (command: string, code: number, cause: string) =>
    new CommandError(
      'COMMAND_FAILED',
      `Command "${command}" exited with return code ${code}.${cause === '' ? '' : ` Cause: ${cause}`}`,
    ),
  signaled: (command: string, signal: number, cause: string) =>
    new CommandError(
      'COMMAND_FAILED',
      `Command "${command}" exited via signal ${signal}.${cause === '' ? '' : ` Cause: ${cause}`}`,
    ),
  notExecuted: (command: string, why: string) =>
    new CommandError('COMMAND_NOT_EXECUTED', `Command "${command}" could not be executed: ${why}.`),
  timedOut: (command: string) =>
    new CommandError('COMMAND_TIMED_OUT', `Command "${command}" took too long to execute.`),
  tooLong: (command: string, limit: number) =>
    new CommandError('COMMAND_OUTPUT', `Command "${command}" answered with more than ${limit} bytes.`),
  discarded: (command: string) => new CommandError('COMMAND_DISCARDED', `Command "${command}" was discarded.`),
};
