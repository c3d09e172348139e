/**
 * - `MODULES_INVALID`: `--modules` or a file of `--modules_dir` is not what it should be
 * - `MODULE_NATIVE`: a native library, which cannot be loaded here
 * - `MODULE_UNKNOWN`: a name in `--hooks` or `--isolation` that no library has
 * - `MODULE_DUPLICATE`: one name twice
 * - `MODULE_PARAMETER`: a parameter that is missing or wrong; the message names module and key
 * - `MODULE_FAILED`: a module of the user's that cannot be loaded or made
 */
export type ModuleErrorCode =
  | 'MODULES_INVALID'
  | 'MODULE_NATIVE'
  | 'MODULE_UNKNOWN'
  | 'MODULE_DUPLICATE'
  | 'MODULE_PARAMETER'
  | 'MODULE_FAILED';

/** Modules that cannot be used as asked: the daemon does not start. */
export class ModuleError extends Error {
  override readonly name = 'ModuleError';
  readonly code: ModuleErrorCode;

  constructor(code: ModuleErrorCode, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/**
 * - `COMMAND_FAILED`: the command ended with another status than 0
 * - `COMMAND_NOT_EXECUTED`: nothing ran: missing, not executable, no file could be written
 * - `COMMAND_TIMED_OUT`: it took too long and was killed
 * - `COMMAND_OUTPUT`: what it answered cannot be used
 * - `COMMAND_DISCARDED`: the caller did not want to wait any longer
 */
export type CommandErrorCode =
  | 'COMMAND_FAILED'
  | 'COMMAND_NOT_EXECUTED'
  | 'COMMAND_TIMED_OUT'
  | 'COMMAND_OUTPUT'
  | 'COMMAND_DISCARDED';

/** A call of a command that gave no usable answer. The message is the one users of the original know. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code: CommandErrorCode;

  constructor(code: CommandErrorCode, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The texts of failed calls, the same in every mode. */
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
