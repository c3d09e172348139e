import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Removes a directory with everything in it, in a process of its own: there can be many files. Links are not followed, and file systems
 * that are mounted in it are not entered. What is in a directory without permissions is removed, too. A missing directory is fine.
 *
 * @throws {Error} what `rm` could not remove, in its `stderr`.
 */
export async function removeDirectory(path: string): Promise<void> {
  const remove = () => run('rm', ['--recursive', '--force', '--one-file-system', '--', path]);
  await remove().catch(async error => {
    if (process.geteuid?.() === 0) throw error; // permissions do not hold up root
    await run('chmod', ['--recursive', 'u+rwX', '--', path]).catch(() => undefined); // rm says what is left
    await remove();
  });
}
