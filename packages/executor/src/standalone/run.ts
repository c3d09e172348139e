import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type * as Entry from './entry.ts';
import type { OwnWords } from './task-command.ts';

const dist = new URL('../../dist/', import.meta.url);

/**
 * Runs the stand-alone executor in this process until its task has ended and the agent knows. Loads it first: the bundle
 * of `build.ts`, which is there faster, unless it is missing or older than what it was made from.
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
    return undefined; // never built, or a source is gone
  }
  return createRequire(import.meta.url)(path) as typeof Entry;
}
