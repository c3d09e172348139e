import { join } from 'node:path';
import { ConcurrencyLimit, makeDirectories } from '@meseta/system';
import { ImageError } from '../image-error.ts';
import { runThread } from '../run-thread.ts';
import type { Backend, BackendRequest, Rootfs } from './backend.ts';
import type { CopyJob, CopyResult } from './copy-job.ts';

const worker = new URL('./copy-worker.ts', import.meta.url);
/** More copies at a time would only compete for the disk. */
const parallelCopies = 2;

/**
 * Copies the layers of an image for each container. It takes time and space, and works everywhere.
 *
 * @see Mesos src/slave/containerizer/mesos/provisioner/backends/copy.cpp
 */
export class CopyBackend implements Backend {
  readonly name = 'copy';
  readonly #copies = new ConcurrencyLimit(parallelCopies);

  async provision({ layers, directory, id, signal }: BackendRequest): Promise<Rootfs> {
    const target = join(directory, 'rootfses', id);
    await makeDirectories(target, 0o700);
    const job: CopyJob = { layers: layers.map(layer => layer.directory), target };
    const copy = () => runThread<CopyResult>(worker, { name: 'copy-rootfs', data: job, signal });
    const result = await this.#copies.run(copy, signal);
    if (result === undefined) throw signal.reason;
    if (result.type === 'copied') return { backend: 'copy', target };
    const { code, message } = result;
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      throw new ImageError('DISK', `Its files do not fit into '${directory}': ${message}; make room in --work_dir`);
    }
    throw new ImageError('BACKEND', `Its files cannot be copied to '${target}': ${message}`);
  }
}
