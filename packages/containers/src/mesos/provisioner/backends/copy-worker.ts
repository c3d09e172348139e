/** The thread that copies the layers of an image into one directory: here nothing else waits. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { systemProblem } from '@meseta/system/system-problem';
import { layerNames } from '../unpack/layer-record.ts';
import { makeSpecialFiles } from '../unpack/special-files.ts';
import { isLayerRecord } from './backend.ts';
import type { CopyJob, CopyResult } from './copy-job.ts';
import { CopyTree } from './copy-tree.ts';

if (!parentPort) throw new Error('copy-worker runs as a worker thread only');
parentPort.postMessage(attempt(workerData as CopyJob));

function attempt(job: CopyJob): CopyResult {
  try {
    return copy(job);
  } catch (error) {
    const { errno, code, message } = error as NodeJS.ErrnoException;
    const text = typeof errno === 'number' ? systemProblem(error as NodeJS.ErrnoException) : message;
    return { type: 'failed', message: text, ...(code !== undefined && { code }) };
  }
}

function copy({ layers, target }: CopyJob): CopyResult {
  const tree = new CopyTree(target);
  for (const layer of layers) {
    const record: unknown = JSON.parse(readFileSync(join(layer, layerNames.record), 'utf8'));
    if (!isLayerRecord(record)) throw new Error(`'${layer}' has a record that this version cannot read`);
    tree.add(join(layer, layerNames.rootfs), record);
  }
  makeSpecialFiles(target, tree.nodes, tree.xattrs);
  tree.finish();
  return { type: 'copied', bytes: tree.bytes };
}
