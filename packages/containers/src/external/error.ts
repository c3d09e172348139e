import { existsSync } from 'node:fs';
import { constants } from 'node:os';

/** The commands of an external containerizer's program. */
export type ExternalCommand = 'launch' | 'update' | 'usage' | 'wait' | 'destroy' | 'containers' | 'recover';

/**
 * Why a command of an external containerizer's program failed.
 *
 * - `NOT_STARTED`: the program is missing or may not be executed, or the sandbox is gone; nothing was run
 * - `EXITED`: it ended with a status other than 0
 * - `SIGNALED`: a signal ended it
 * - `SILENT`: it did not end in time and was killed
 * - `ANSWER`: its answer is missing, cut off, too long or no message of the right kind
 * - `CLOSED`: the containerizer was closed meanwhile
 */
export type ExternalProgramProblem = 'NOT_STARTED' | 'EXITED' | 'SIGNALED' | 'SILENT' | 'ANSWER' | 'CLOSED';

/** A command of an external containerizer's program failed. The message names program, command, problem and what to do. */
export class ExternalProgramError extends Error {
  override readonly name = 'ExternalProgramError';
  readonly code = 'EXTERNAL_PROGRAM_FAILED';
  readonly command: ExternalCommand;
  readonly problem: ExternalProgramProblem;

  constructor(
    program: string,
    command: ExternalCommand,
    problem: ExternalProgramProblem,
    message: string,
    options: { cause?: unknown } = {},
  ) {
    super(`'${command}' of the external containerizer program '${program}' failed: ${message}`, options);
    this.command = command;
    this.problem = problem;
  }
}

/** Explains the error of starting a program, with what to do. */
export function explainStart(program: string, error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return existsSync(program)
        ? `the interpreter in its first line is missing; install it, or correct the line`
        : `there is no such file; check --containerizer_path`;
    case 'EACCES':
      return "it may not be executed; make it executable with 'chmod +x', and see that its directories can be entered and that its file system is not mounted with noexec";
    case 'ENOEXEC':
      return "it is no program; a script begins with '#!' and the path of its interpreter";
    case 'E2BIG':
      return 'its environment is longer than Linux allows; shorten the variables of the command, of hooks and of the agent';
    default:
      return `${error.message}; see whether the machine can start processes`;
  }
}

/** Explains a status with which a program ended, other than 0. */
export function explainExit(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal !== null) return `signal ${constants.signals[signal]} (${signal}) ended it`;
  return `it exited with status ${code}`;
}
