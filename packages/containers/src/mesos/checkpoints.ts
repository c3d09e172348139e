import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { idProblem } from '@meseta/protocol';
import type { ContainerId } from '../container-id.ts';
import type { ExitStatus } from '../exit-status.ts';
import { containerPath, containersPath } from './paths.ts';
import type { ProcessId } from './proc.ts';
import { parsePidFile, parseStatusFile } from './shim-events.ts';

/** Containers that have a runtime directory. */
export async function listCheckpointed(runtimeDirectory: string): Promise<ContainerId[]> {
  const names = await readdir(containersPath(runtimeDirectory));
  return names.filter(name => idProblem(name) === undefined) as ContainerId[];
}

/** The processes a shim checkpointed before anything ran. Undefined: nothing ever ran. */
export async function readPids(
  runtimeDirectory: string,
  id: ContainerId,
): Promise<{ readonly shim: ProcessId; readonly task: ProcessId; readonly bootId: string } | undefined> {
  return parsePidFile(await read(join(containerPath(runtimeDirectory, id), 'pid')));
}

/** How the container's first process ended, as its shim recorded it. Undefined: not recorded. */
export async function readStatus(runtimeDirectory: string, id: ContainerId): Promise<ExitStatus | undefined> {
  return parseStatusFile(await read(join(containerPath(runtimeDirectory, id), 'status')));
}

/** Changes with every boot: pids from before name other processes, or none. */
export async function readBootId(): Promise<string> {
  return (await read('/proc/sys/kernel/random/boot_id')).trim();
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
