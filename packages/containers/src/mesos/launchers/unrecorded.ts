import { readlinkSync } from 'node:fs';
import { type FileHandle, open, readdir, realpath } from 'node:fs/promises';
import { checkId, idProblem } from '@meseta/protocol';
import { allPids, ifEnded, readOfProcess, readProcess, Slice, signalProcess } from '@meseta/system';
import type { ContainerKey } from '../../container-id.ts';
import { type Checkpoint, parseCheckpoint } from '../checkpoints.ts';
import { checkpointPath } from '../paths.ts';
import type { ShimContainer } from './shim-container.ts';

/**
 * Finds containers whose checkpoints were removed, with the runtime directory or alone, while they ran. Their shims still
 * have the files open, and go on writing to them.
 *
 * @param recorded those that have a checkpoint. Not every shim has to be looked at for them.
 * @returns the files, to be closed by the caller.
 */
export async function findUnrecorded(
  runtimeDirectory: string,
  recorded: ReadonlyMap<ContainerKey, unknown>,
): Promise<Map<ContainerKey, FileHandle>> {
  const found = new Map<ContainerKey, FileHandle>();
  const directory = await realpath(runtimeDirectory);
  const slice = new Slice();
  for (const pid of allPids()) {
    if (slice.isOver) await slice.giveWay();
    const id = shimOf(pid);
    if (id === undefined || recorded.has(id) || found.has(id)) continue;
    const file = await openDeleted(pid, checkpointPath(directory, id));
    if (file) found.set(id, file);
  }
  return found;
}

/** Reads a checkpoint of {@link findUnrecorded}. */
export async function readUnrecorded(file: FileHandle): Promise<Checkpoint | undefined> {
  const { size } = await file.stat();
  const { buffer, bytesRead } = await file.read(Buffer.alloc(size), 0, size, 0);
  return parseCheckpoint(buffer.toString('utf8', 0, bytesRead));
}

/**
 * Ends a container whose checkpoint is damaged, if it has a shim, because it could not be supervised. How its first process ends is
 * unknown. The launcher, which watches the shim from now on, ends what the shim leaves.
 *
 * @returns false when there is no shim: nothing was started, or all of it has ended.
 */
export function endDamaged(container: ShimContainer, onWarning: (message: string) => void): boolean {
  onWarning(`The record of container ${container.id} is damaged: what is left of it is ended`);
  const pid = allPids().find(each => shimOf(each) === container.id);
  const shim = pid === undefined ? undefined : readProcess(pid);
  if (shim === undefined) return false;
  container.isDamaged = true;
  container.onReady({ ...shim, userBefore: 0, systemBefore: 0 }, shim);
  container.onStarted();
  return signalProcess(shim, 'SIGKILL');
}

/** Returns the container that a process says it is the shim of, see shim.pl. */
function shimOf(pid: number): ContainerKey | undefined {
  const [, id = ''] = /^meseta-shim (\S+)/.exec(readOfProcess(pid, 'cmdline')?.replaceAll('\0', ' ') ?? '') ?? [];
  return idProblem(id) === undefined ? checkId(id) : undefined;
}

async function openDeleted(pid: number, path: string): Promise<FileHandle | undefined> {
  const fds = await readdir(`/proc/${pid}/fd`).catch(ifEnded([] as string[]));
  for (const fd of fds) {
    if (link(`/proc/${pid}/fd/${fd}`) !== `${path} (deleted)`) continue;
    return open(`/proc/${pid}/fd/${fd}`).catch(ifEnded(undefined));
  }
  return undefined;
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed meanwhile
  }
}
