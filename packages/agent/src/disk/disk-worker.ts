/** The thread behind `Disk`: here nothing else waits, so calls are synchronous; syncs run side by side. */
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
  renameSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { parentPort, receiveMessageOnPort } from 'node:worker_threads';
import type { DiskJob, DiskResult } from './disk.ts';
import type { DiskOperation, Owner } from './operation.ts';

/** A file to sync: the end of its last append of this batch. */
type Syncs = Map<string, number>;

const port = parentPort;
if (!port) throw new Error('disk-worker runs as a worker thread only');

port.on('message', (first: readonly DiskJob[]) => {
  const jobs = [...first];
  for (let more = receiveMessageOnPort(port); more; more = receiveMessageOnPort(port)) jobs.push(...more.message);
  const done: DiskResult[] = [];
  const syncs: Syncs = new Map();
  const unsynced: { readonly job: DiskJob; readonly paths: readonly string[] }[] = [];
  for (const job of jobs) {
    const { result, paths } = run(job, syncs);
    if (paths.length > 0 && !result.error) unsynced.push({ job, paths });
    else done.push(result);
  }
  if (done.length > 0) port.postMessage(done);
  if (syncs.size > 0) void finish(syncs, unsynced);
});

/** Answers the jobs that wait for a sync, together. */
async function finish(
  syncs: Syncs,
  unsynced: readonly { readonly job: DiskJob; readonly paths: readonly string[] }[],
): Promise<void> {
  const failures = new Map<string, NodeJS.ErrnoException>();
  await Promise.all(
    [...syncs].map(async ([path, fd]) => {
      const error = await sync(fd);
      if (error) failures.set(path, error);
    }),
  );
  const results = unsynced.map(({ job: { id }, paths }): DiskResult => {
    const path = paths.find(each => failures.has(each));
    const error = path === undefined ? undefined : failures.get(path);
    return error === undefined || path === undefined ? { id } : { id, error: describe('sync', path, error) };
  });
  port?.postMessage(results);
}

function sync(fd: number): Promise<NodeJS.ErrnoException | null> {
  return new Promise(resolve => {
    fdatasync(fd, error => {
      closeSync(fd);
      resolve(error);
    });
  });
}

function run({ id, operations }: DiskJob, syncs: Syncs): { result: DiskResult; paths: string[] } {
  const paths: string[] = [];
  for (const operation of operations) {
    try {
      perform(operation, syncs);
      if (operation.type === 'append' && operation.sync) paths.push(operation.path);
    } catch (error) {
      return { result: { id, error: describe(operation.type, operation.path, error as NodeJS.ErrnoException) }, paths };
    }
  }
  return { result: { id }, paths };
}

function perform(operation: DiskOperation, syncs: Syncs): void {
  switch (operation.type) {
    case 'mkdir':
      mkdirSync(operation.path, { recursive: true });
      if (operation.mode !== undefined) chmodSync(operation.path, operation.mode); // not subject to the umask
      return own(operation.path, operation.owner);
    case 'write':
      return write(operation.path, operation.data, operation.sync ?? false);
    case 'touch':
      closeSync(openSync(operation.path, 'a', 0o644));
      return own(operation.path, operation.owner);
    case 'append':
      return append(operation.path, operation.data, operation.sync ? syncs : undefined);
    case 'symlink': {
      const temporary = `${operation.path}.new`;
      rmSync(temporary, { force: true });
      symlinkSync(operation.target, temporary);
      return renameSync(temporary, operation.path);
    }
    case 'remove':
      return rmSync(operation.path, { recursive: true, force: true });
    default:
      throw new Error(`unhandled operation ${operation satisfies never}`);
  }
}

function own(path: string, owner: Owner | undefined): void {
  if (owner) chownSync(path, owner.uid, owner.gid);
}

function write(path: string, data: Uint8Array | string, sync: boolean): void {
  const temporary = `${path}.new`;
  const fd = openSync(temporary, 'w', 0o644);
  try {
    writeAll(fd, data);
    if (sync) fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
  if (sync) syncDirectory(dirname(path));
}

function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** With `syncs` the file stays open until it is synced. */
function append(path: string, data: Uint8Array | string, syncs: Syncs | undefined): void {
  const open = syncs?.get(path);
  const fd = open ?? openToAppend(path);
  const { size } = fstatSync(fd);
  try {
    writeAll(fd, data);
  } catch (error) {
    ftruncateSync(fd, size); // a torn record would hide all that follow
    if (open === undefined) closeSync(fd);
    throw error;
  }
  if (syncs) syncs.set(path, fd);
  else closeSync(fd);
}

/** The directory may be missing: what was to make it failed, and this is about to tell so. */
function openToAppend(path: string): number {
  try {
    return openSync(path, 'a', 0o644);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(dirname(path), { recursive: true });
    return openSync(path, 'a', 0o644);
  }
}

function writeAll(fd: number, data: Uint8Array | string): void {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  for (let offset = 0; offset < bytes.length; ) offset += writeSync(fd, bytes, offset);
}

function describe(operation: string, path: string, error: NodeJS.ErrnoException): DiskResult['error'] & object {
  return { operation, path, code: error.code ?? 'UNKNOWN', message: error.message };
}
