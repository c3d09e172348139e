import { readdir, unlink } from 'node:fs/promises';
import { checkId, idProblem } from '@meseta/protocol';
import type { ProcessId } from '@meseta/system';
import { readRegularFile, readRegularFileSync } from '@meseta/system/regular-file';
import type { ContainerKey } from '../container-id.ts';
import { type ExitStatus, fromWaitStatus } from '../exit-status.ts';
import type { Shim } from '../shim/shim.ts';
import { checkpointPath, checkpointsPath } from './paths.ts';

/** What a shim has recorded about its container (see shim.pl). */
export interface Checkpoint {
  readonly shim: Shim;
  readonly task: ProcessId;
  /** The boot in which the container was started: after a reboot, pids belong to other processes. */
  readonly bootId: string;
  /** How the first process ended; undefined while it runs. */
  readonly status?: ExitStatus;
}

/**
 * Parses a checkpoint. Returns undefined when its first line is missing or incomplete: then the program was not run,
 * because it only runs after that line is complete.
 */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const match = /^(\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\S+)\n(?:(?:exited (\d+)|(failed)[^\n]*?) *\n)?/.exec(text);
  if (match === null) return undefined;
  const number = (group: number) => Number(match[group]);
  return {
    shim: { pid: number(1), start: number(2), userBefore: number(3), systemBefore: number(4) },
    task: { pid: number(5), start: number(6) },
    bootId: match[7]!,
    ...(match[8] !== undefined && { status: fromWaitStatus(number(8)) }),
    ...(match[9] !== undefined && { status: { kind: 'not-started' } }),
  };
}

/** Returns the containers for which a shim was started and that were not removed. */
export async function listCheckpoints(runtimeDirectory: string): Promise<ContainerKey[]> {
  const names = await readdir(checkpointsPath(runtimeDirectory));
  return names.filter(name => idProblem(name) === undefined).map(name => checkId<'containerKey'>(name));
}

/** Reads the checkpoint of a container; undefined when there is none, or it is incomplete. */
export async function readCheckpoint(runtimeDirectory: string, id: ContainerKey): Promise<Checkpoint | undefined> {
  return parseCheckpoint(await read(checkpointPath(runtimeDirectory, id)));
}

/** Does the same for a launcher that recovers, and has many to read. Synchronous. */
export function readCheckpointSync(runtimeDirectory: string, id: ContainerKey): Checkpoint | undefined {
  try {
    return parseCheckpoint(readRegularFileSync(checkpointPath(runtimeDirectory, id)).toString());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  }
}

/** Tells whether a container has a checkpoint whose first line is incomplete: its program may run nevertheless. */
export async function isDamaged(runtimeDirectory: string, id: ContainerKey): Promise<boolean> {
  const text = await read(checkpointPath(runtimeDirectory, id));
  return text !== '' && parseCheckpoint(text) === undefined;
}

/** Removes the checkpoint of a container, if there is one. */
export async function removeCheckpoint(runtimeDirectory: string, id: ContainerKey): Promise<void> {
  // Not `rm`, which needs more system calls: this runs for every task.
  await unlink(checkpointPath(runtimeDirectory, id)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

/** Returns the kernel's id of the current boot. */
export async function readBootId(): Promise<string> {
  return (await read('/proc/sys/kernel/random/boot_id')).trim();
}

/** Reads a file; returns an empty string when it does not exist. */
async function read(path: string): Promise<string> {
  try {
    return (await readRegularFile(path)).toString();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
