/** File systems that tasks have mounted in their sandboxes, and not unmounted. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Returns all directories that something is mounted on, those mounted last first: they may be in others. No link leads to them. */
export async function readMountPoints(): Promise<string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  return lines
    .flatMap(line => line.split(' ')[4] ?? [])
    .map(decodePath)
    .reverse();
}

/** Unmounts a directory. @throws when it is in use, or this process may not. */
export async function unmount(directory: string): Promise<void> {
  await run('umount', ['--no-canonicalize', '--', directory]);
}

/** In `/proc`, white space and backslashes are written as octal numbers. */
function decodePath(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)));
}
