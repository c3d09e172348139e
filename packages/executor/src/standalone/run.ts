import type { OwnWords } from './task-command.ts';

/**
 * Runs the stand-alone executor in this process until its task has ended and the agent knows. Loads it first.
 *
 * @param own how it was started, script and subcommand: what a task's command line is searched for.
 * @param argv arguments of its own.
 * @returns the exit code.
 */
export async function runExecutor(
  own: OwnWords,
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const main = await import('./main.ts');
  return main.runExecutor(own, argv, environment);
}
