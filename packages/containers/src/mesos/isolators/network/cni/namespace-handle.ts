/**
 * Network namespaces are kept by a bind mount of /proc/<pid>/ns/net, so that plugins can detach a container whose
 * processes have ended.
 */
import { execFile } from 'node:child_process';
import { statfs, unlink, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** The magic number of the file system of namespaces, in linux/magic.h. */
const namespaceFileSystem = 0x6e73_6673;

/** @throws {Error} saying what could not be done, and the program's own words. */
async function run(what: string, program: string, ...argv: string[]): Promise<void> {
  await promisify(execFile)(program, argv, { encoding: 'utf8' }).catch((cause: Error & { stderr?: string }) => {
    throw new Error(`Cannot ${what}: ${cause.stderr?.trim() || cause.message}`, { cause });
  });
}

/** Keeps the network namespace of a process at a path. */
export async function keepNamespace(pid: number, path: string): Promise<void> {
  await writeFile(path, '', { mode: 0o600 });
  await run(`keep the network namespace of process ${pid}`, 'mount', '--bind', `/proc/${pid}/ns/net`, path);
}

/** Tells whether a path is a namespace. After a restart of the machine, it is an empty file. */
export async function isNamespace(path: string): Promise<boolean> {
  try {
    return (await statfs(path)).type === namespaceFileSystem;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/**
 * Gives up a kept namespace. Idempotent. Containers that were launched meanwhile have copies of the mount in their mount
 * namespaces; the kernel takes these away when the file is removed.
 */
export async function releaseNamespace(path: string): Promise<void> {
  while (await isNamespace(path)) await run('give up a network namespace', 'umount', '--lazy', path);
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
