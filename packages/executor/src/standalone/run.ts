import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type * as Entry from './entry.ts';
import type { OwnWords } from './task-command.ts';

const dist = new URL('../../dist/', import.meta.url);

/**
 * Runs the stand-alone executor in this process until its task has ended and the agent has acknowledged it. Loads the
 * bundle of `build.ts`, which starts faster than the sources, unless it is missing or older than them.
 *
 * @param own how this process was started, script and subcommand: the command line of a task is searched for it.
 * @param argv arguments of the executor.
 * @returns the exit code.
 */
export async function runExecutor(
  own: OwnWords,
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const { runExecutor: run }: typeof Entry = (await bundle()) ?? (await import('./main.ts'));
  return run(own, argv, environment);
}

async function bundle(): Promise<typeof Entry | undefined> {
  const path = fileURLToPath(new URL('executor.cjs', dist));
  try {
    const inputs = JSON.parse(await readFile(new URL('executor.inputs.json', dist), 'utf8')) as readonly string[];
    const built = statSync(path).mtimeMs;
    if (inputs.some(input => statSync(new URL(input, dist)).mtimeMs > built)) return undefined;
  } catch {
    return undefined; // the bundle was never built, or a source file was removed
  }
  return createRequire(import.meta.url)(path) as typeof Entry;
}
