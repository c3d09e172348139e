import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { replaceFile } from '@meseta/system/replace-file';

const fileIn = (runtimeDirectory: string) => join(runtimeDirectory, 'cgroups_roots');

/** Returns the values of `--cgroups_root` that agents with this runtime directory have had, besides the present one. */
export async function earlierRoots(runtimeDirectory: string, present: string): Promise<readonly string[]> {
  return (await readRoots(runtimeDirectory)).filter(each => each !== present);
}

/**
 * Records the agent's `--cgroups_root` in its runtime directory, before containers are made in it. An agent whose disk is full
 * starts without that: it may have containers to take over.
 *
 * @param onWarning is told when it could not be recorded.
 */
export async function recordRoot(
  runtimeDirectory: string,
  root: string,
  onWarning: (message: string) => void,
): Promise<void> {
  const known = await readRoots(runtimeDirectory);
  if (known.includes(root)) return;
  await write(fileIn(runtimeDirectory), [...known, root, ''].join('\n')).catch((error: Error) => {
    const what = `Cannot write to --runtime_dir '${runtimeDirectory}': ${error.message}`;
    const effect = 'Control groups may be left when --cgroups_root is changed';
    onWarning(`${what}. ${effect}: see that there is room on its file system, and start the agent again before that`);
  });
}

async function readRoots(runtimeDirectory: string): Promise<string[]> {
  const text = await readFile(fileIn(runtimeDirectory), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return '';
  });
  return text.split('\n').filter(Boolean);
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await replaceFile(file, text, { durable: false });
}
