/** What the commands that run daemons share. */
import type { LogOptions } from '@meseta/daemon';

interface LoggingFlags {
  readonly logging_level: string;
  readonly quiet: boolean;
  readonly log_dir: string | undefined;
}

/** Options of a daemon's logger from its flags. */
export function logOptions(program: string, { logging_level, quiet, log_dir }: LoggingFlags): LogOptions {
  return {
    program,
    level: logging_level as NonNullable<LogOptions['level']>,
    quiet,
    ...(log_dir === undefined ? {} : { directory: log_dir }),
  };
}

/** Prints what a command line came to that starts nothing: help, versions, a mistake. @returns the exit code. */
export function refuseStart({ exit, stdout, stderr }: { exit: 0 | 1; stdout?: string; stderr?: string }): number {
  if (stdout) process.stdout.write(stdout);
  if (stderr) process.stderr.write(stderr);
  return exit;
}
