import { removeDirectory } from '@meseta/system';
import { ImageError } from './image-error.ts';

/**
 * Removes a directory of images, see {@link removeDirectory}.
 *
 * @throws {ImageError} `DISK`
 */
export async function removeTree(directory: string): Promise<void> {
  try {
    await removeDirectory(directory);
  } catch (cause) {
    const { stderr, message } = cause as Error & { readonly stderr?: string };
    throw new ImageError('DISK', `Cannot remove '${directory}': ${stderr?.trim() || message}`, { cause });
  }
}
