/** The thread that unpacks one layer: here nothing else waits, so calls are synchronous. */
import { spawnSync } from 'node:child_process';
import type { Hash } from 'node:crypto';
import { closeSync, createReadStream, mkdirSync, openSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { parentPort, workerData } from 'node:worker_threads';
import { systemProblem } from '@meseta/system/system-problem';
import { digestFrom, hashOf } from '../docker/digest.ts';
import { ByteInput } from './byte-input.ts';
import { decompressed, magicLength } from './decompress.ts';
import { LayerError } from './layer-error.ts';
import { layerNames } from './layer-record.ts';
import { LayerWriter } from './layer-writer.ts';
import { readTar } from './tar-reader.ts';
import type { FilePart, UnpackJob, UnpackResult } from './unpack-job.ts';

/** What an archive may have besides its files: a header and its filling for each entry, and filling at its end. */
const overheadPerEntry = 4096;
const trailingBytes = 1024 * 1024;
const readSize = 256 * 1024;

if (!parentPort) throw new Error('unpack-worker runs as a worker thread only');
parentPort.postMessage(await unpack(workerData as UnpackJob).catch(failure));

async function unpack(job: UnpackJob): Promise<UnpackResult> {
  const { blob, digest, diffId, directory, overlay, limits } = job;
  if (digest !== undefined) {
    const hash = hashOf(digest);
    for await (const chunk of readPart(blob)) hash.update(chunk);
    const found = digestFrom(hash, digest);
    if (found !== digest) return { type: 'digest', expected: digest, found };
  }
  const rootfs = join(directory, layerNames.rootfs);
  mkdirSync(rootfs, { mode: 0o700 });
  const writer = new LayerWriter(rootfs, limits);
  const hash = hashOf(diffId);
  const most = limits.bytes + limits.entries * overheadPerEntry + trailingBytes;
  const contents = watched(decompressed(readPart(blob), firstBytes(blob)), hash, most);
  for await (const entry of readTar(new ByteInput(contents))) await writer.write(entry);
  const found = digestFrom(hash, diffId);
  if (found !== diffId) return { type: 'digest', expected: diffId, found };
  const record = writer.finish(overlay);
  writeFileSync(join(directory, layerNames.record), JSON.stringify(record), { mode: 0o600 });
  syncFileSystem(directory);
  return { type: 'unpacked', record };
}

function readPart({ path, offset, length }: FilePart): Readable {
  if (length === 0) throw new LayerError('it is empty');
  return createReadStream(path, { start: offset, end: offset + length - 1, highWaterMark: readSize });
}

function firstBytes({ path, offset, length }: FilePart): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(Math.min(magicLength, length));
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, offset));
  } finally {
    closeSync(file);
  }
}

/** Passes chunks on to the hash as well, up to a limit: a small blob can expand to endless contents. */
async function* watched(contents: Readable, hash: Hash, limit: number): AsyncGenerator<Buffer, void, void> {
  let size = 0;
  for await (const chunk of contents) {
    size += chunk.length;
    if (size > limit) throw new LayerError(`it expands to more than ${limit} bytes`);
    hash.update(chunk);
    yield chunk;
  }
}

/**
 * Writes everything to the disk before the layer gets its place: otherwise, after a power failure, a layer in its place
 * could have empty files.
 */
function syncFileSystem(directory: string): void {
  const { status, error, stderr } = spawnSync('sync', ['--file-system', '--', directory]);
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`its files could not be written to the disk: ${stderr.toString('utf8').trim()}`);
}

function failure(error: unknown): UnpackResult {
  const { code, errno, message, entry } = error as NodeJS.ErrnoException & { readonly entry?: string };
  const isOfZlib = code?.startsWith('Z_') || code?.startsWith('ZSTD_');
  const isOfSystem = typeof errno === 'number' && errno < 0;
  const text = isOfZlib
    ? `it is damaged or cut off (${message})`
    : isOfSystem
      ? systemProblem(error as NodeJS.ErrnoException)
      : message;
  return { type: 'failed', message: text, ...(entry !== undefined && { entry }), ...(code !== undefined && { code }) };
}
