import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ImageError } from './image-error.ts';

const run = promisify(execFile);

/**
 * Removes a directory with everything in it, in a process of its own: an image can have many files. File systems that
 * are mounted in it are not entered. A missing directory is fine.
 *
 * @throws {ImageError} `DISK`
 */
export async function removeTree(directory: string): Promise<void> {
  const remove = () => run('rm', ['--recursive', '--force', '--one-file-system', '--', directory]);
  try {
    await remove().catch(async () => {
      // Without being root, the files of a directory without permissions cannot be removed.
      await run('chmod', ['--recursive', 'u+rwX', '--', directory]);
      await remove();
    });
  } catch (cause) {
    const { stderr, message } = cause as Error & { readonly stderr?: string };
    throw new ImageError('DISK', `Cannot remove '${directory}': ${stderr?.trim() || message}`, { cause });
  }
}
