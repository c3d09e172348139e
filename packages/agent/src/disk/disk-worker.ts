/** The thread behind `Disk`: here nothing else waits, so calls are synchronous; syncs run side by side. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  fdatasync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { parentPort, receiveMessageOnPort } from 'node:worker_threads';
import { systemProblem } from '@meseta/system/system-problem';
import type { DiskJob, DiskResult } from './disk.ts';
import type { DiskOperation, Owner } from './operation.ts';

/** Files to sync, by path, open. */
type Syncs = Map<string, number>;

interface Unsynced {
  readonly id: number;
  readonly paths: readonly string[];
}

const port = parentPort;
if (!port) throw new Error('disk-worker runs as a worker thread only');

/** Bits that the system takes from the modes of new directories. `process.umask()` would change it for a moment. */
const umask = parseInt(/^Umask:\s+(\d+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '777', 8);

/** What the next round of syncs is for. */
let syncs: Syncs = new Map();
let unsynced: Unsynced[] = [];
let syncing = false;

port.on('message', (first: readonly DiskJob[]) => {
  const jobs = [...first];
  for (let more = receiveMessageOnPort(port); more; more = receiveMessageOnPort(port)) jobs.push(...more.message);
  const done: DiskResult[] = [];
  for (const job of jobs) {
    const { result, paths } = run(job, syncs);
    if (paths.length > 0 && !result.error) unsynced.push({ id: job.id, paths });
    else done.push(result);
  }
  if (done.length > 0) port.postMessage(done);
  if (syncs.size > 0 && !syncing) void syncRounds();
});

/**
 * One round at a time: what comes during a round waits for the next, so that the busier the disk, the more each of its
 * commits is for.
 */
async function syncRounds(): Promise<void> {
  syncing = true;
  while (syncs.size > 0) {
    const round = { syncs, unsynced };
    syncs = new Map();
    unsynced = [];
    port?.postMessage(await syncRound(round.syncs, round.unsynced));
  }
  syncing = false;
}

async function syncRound(files: Syncs, jobs: readonly Unsynced[]): Promise<DiskResult[]> {
  const failures = new Map<string, NodeJS.ErrnoException>();
  await Promise.all(
    [...files].map(async ([path, fd]) => {
      const error = await sync(fd);
      if (error) failures.set(path, error);
    }),
  );
  return jobs.map(({ id, paths }) => {
    const path = paths.find(each => failures.has(each));
    const error = path === undefined ? undefined : failures.get(path);
    return error === undefined || path === undefined ? { id } : { id, error: describe('sync', path, error) };
  });
}

function sync(fd: number): Promise<NodeJS.ErrnoException | null> {
  return new Promise(resolve => {
    fdatasync(fd, error => {
      closeSync(fd);
      resolve(error);
    });
  });
}

function run({ id, operations }: DiskJob, files: Syncs): { result: DiskResult; paths: string[] } {
  const paths: string[] = [];
  for (const operation of operations) {
    try {
      perform(operation, files);
      if (operation.type === 'append' && operation.sync) paths.push(operation.path);
    } catch (error) {
      return { result: { id, error: describe(operation.type, operation.path, error as NodeJS.ErrnoException) }, paths };
    }
  }
  return { result: { id }, paths };
}

function perform(operation: DiskOperation, files: Syncs): void {
  switch (operation.type) {
    case 'mkdir':
      makeDirectory(operation.path, operation.leadsToSandbox ? 0o711 : 0o700, operation.mode);
      return own(operation.path, operation.owner);
    case 'write':
      return write(operation.path, operation.data, false);
    case 'replace':
      return replace(operation.path, operation.data, operation.sync ?? false);
    case 'touch':
      closeSync(openSync(operation.path, 'a', operation.mode ?? 0o600));
      return own(operation.path, operation.owner);
    case 'append':
      return append(operation.path, operation.data, operation.sync ? files : undefined);
    case 'symlink':
      return link(operation.path, operation.target);
    case 'renew':
      return unlessMissing(() => utimesSync(operation.path, new Date(), new Date()));
    case 'move':
      return unlessMissing(() => move(operation.path, operation.target));
    case 'remove':
      return removeAll(operation.path);
    default:
      throw new Error(`unhandled operation ${operation satisfies never}`);
  }
}

/** Creates a directory; an existing one keeps its mode. */
function makeDirectory(path: string, parents: number, mode = parents): void {
  try {
    mkdirSync(path, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      makeDirectory(dirname(path), parents);
      return makeDirectory(path, parents, mode);
    }
    if (code !== 'EEXIST' || !statSync(path).isDirectory()) throw error;
    return;
  }
  if ((mode & umask) !== 0) chmodSync(path, mode);
}

/** Removes a file or a directory with everything in it, also what is in directories without permissions. */
function removeAll(path: string): void {
  const remove = () => rmSync(path, { recursive: true, force: true });
  try {
    remove();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if ((code !== 'EACCES' && code !== 'EPERM') || process.geteuid?.() === 0) throw error;
    execFileSync('chmod', ['--recursive', 'u+rwX', '--', path]);
    remove();
  }
}

function own(path: string, owner: Owner | undefined): void {
  if (owner) chownSync(path, owner.uid, owner.gid);
}

function write(path: string, data: Uint8Array | string, sync: boolean): void {
  const fd = openSync(path, 'w', 0o600);
  try {
    writeAll(fd, data);
    if (sync) fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function replace(path: string, data: Uint8Array | string, sync: boolean): void {
  const temporary = `${path}.new`;
  write(temporary, data, sync);
  renameSync(temporary, path);
  if (sync) syncDirectory(dirname(path));
}

function link(path: string, target: string): void {
  try {
    symlinkSync(target, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const temporary = `${path}.new`;
    rmSync(temporary, { force: true });
    symlinkSync(target, temporary);
    renameSync(temporary, path);
  }
}

function unlessMissing(change: () => void): void {
  try {
    change();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** A directory that its owner may not write to can be moved by root only. */
function move(path: string, target: string): void {
  try {
    renameSync(path, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    chmodSync(path, 0o700);
    renameSync(path, target);
  }
}

function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** With `files` it joins them, and stays open until it is synced. */
function append(path: string, data: Uint8Array | string, files: Syncs | undefined): void {
  const open = files?.get(path);
  const fd = open ?? openToAppend(path);
  const bytes = bytesOf(data);
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(fd, bytes, written);
  } catch (error) {
    ftruncateSync(fd, fstatSync(fd).size - written); // a torn record would hide all that follow
    if (open === undefined) closeSync(fd);
    throw error;
  }
  if (files) files.set(path, fd);
  else closeSync(fd);
}

/**
 * Opens a file for appending, and creates its directory: the operation that should have created it may have failed, and
 * the record to append may report that.
 */
function openToAppend(path: string): number {
  try {
    return openSync(path, 'a', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    makeDirectory(dirname(path), 0o700);
    return openSync(path, 'a', 0o600);
  }
}

function writeAll(fd: number, data: Uint8Array | string): void {
  const bytes = bytesOf(data);
  for (let offset = 0; offset < bytes.length; ) offset += writeSync(fd, bytes, offset);
}

function bytesOf(data: Uint8Array | string): Uint8Array {
  return typeof data === 'string' ? Buffer.from(data) : data;
}

function describe(operation: string, path: string, error: NodeJS.ErrnoException): DiskResult['error'] & object {
  return { operation, path, code: error.code ?? 'UNKNOWN', message: systemProblem(error) };
}
