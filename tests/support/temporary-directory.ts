/** Directories that daemons of a test write to. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { endProcesses } from './processes.ts';

/** Makes a directory. It is removed after the test, when all else has been cleaned up: until then, daemons may use it. */
export function temporaryDirectory(t: TestContext, name: string): string {
  const directory = mkdtempSync(path.join(tmpdir(), `${name}-`));
  // What is cleaned up is so in the order in which the test says it: what an `after` adds comes last.
  t.after(() => t.after(() => removeDirectory(directory)));
  return directory;
}

/** Ends all processes that have to do with a directory, and removes it. */
export async function removeDirectory(directory: string): Promise<void> {
  await endProcesses(directory);
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}
