import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Records the agent's `--cgroups_root` in its runtime directory, before containers are made in it.
 *
 * @returns the other roots that containers of this runtime directory may be in.
 */
export async function recordRoot(runtimeDirectory: string, root: string): Promise<readonly string[]> {
  const file = join(runtimeDirectory, 'cgroups_roots');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return '';
  });
  const known = text.split('\n').filter(Boolean);
  if (!known.includes(root)) {
    await mkdir(runtimeDirectory, { recursive: true, mode: 0o700 });
    await writeFile(`${file}.new`, [...known, root, ''].join('\n'), { mode: 0o600 });
    await rename(`${file}.new`, file);
  }
  return known.filter(each => each !== root);
}
