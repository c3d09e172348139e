import { ImageError } from '../image-error.ts';
import { runThread } from '../run-thread.ts';
import type { LayerRecord } from './layer-record.ts';
import type { LayerLimits } from './layer-writer.ts';
import type { UnpackJob, UnpackResult } from './unpack-job.ts';

const worker = new URL('./unpack-worker.ts', import.meta.url);

/**
 * The limits of a layer. They are far above what images have (a whole distribution with a desktop has 300,000 files; the
 * largest layers, of machine learning, some 15 GiB), and keep a small hostile archive from filling a disk.
 */
export const layerLimits: LayerLimits = { entries: 2_000_000, bytes: 64 * 1024 ** 3 };

/**
 * Unpacks a layer in a thread of its own, into an empty directory: nothing is written outside of it. What is left there
 * after a failure, the caller removes.
 *
 * @throws {ImageError} `LAYER`, `DIGEST` or `DISK`; the reason of `signal`, when that is aborted.
 */
export async function unpackLayer(job: UnpackJob, signal: AbortSignal): Promise<LayerRecord> {
  const result = await runThread<UnpackResult>(worker, { name: 'unpack-layer', data: job, signal }).catch(error => {
    if (signal.aborted) throw error;
    throw new ImageError('LAYER', `Its layer ${job.diffId} could not be unpacked: ${(error as Error).message}`, {
      cause: error,
    });
  });
  switch (result.type) {
    case 'unpacked':
      return result.record;
    case 'digest': {
      const help = 'it was damaged, or changed; pull it again, or push it again';
      throw new ImageError('DIGEST', `Its layer ${result.expected} has the digest ${result.found}: ${help}`);
    }
    case 'failed':
      throw failed(job, result);
    default:
      throw new Error(`unhandled result ${result satisfies never}`);
  }
}

function failed({ diffId }: UnpackJob, { message, entry, code }: UnpackResult & { type: 'failed' }): ImageError {
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new ImageError('DISK', `Its layer ${diffId} does not fit: ${message}; make room in --docker_store_dir`);
  }
  const where = entry === undefined ? '' : `, at its entry '${entry}'`;
  return new ImageError('LAYER', `Its layer ${diffId} cannot be unpacked${where}: ${message}`, { entry });
}
