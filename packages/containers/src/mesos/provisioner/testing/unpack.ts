/** For tests: unpacks archives, and sees that nothing is written beside the layer. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { sha256 } from '../docker/digest.ts';
import type { LayerRecord } from '../unpack/layer-record.ts';
import { layerLimits, unpackLayer } from '../unpack/unpack.ts';

/** An unpacked layer. */
export interface Unpacked {
  readonly root: string;
  readonly record: LayerRecord;
}

/** What differs from a layer without compression. */
export interface UnpackOptions {
  readonly overlay?: boolean;
  readonly limits?: typeof layerLimits;
  readonly blob?: Buffer;
}

/** Unpacks an archive in a directory whose surroundings are looked at afterwards. */
export async function unpack(t: TestContext, archive: Buffer, options: UnpackOptions = {}): Promise<Unpacked> {
  const scratch = mkdtempSync(join(tmpdir(), 'unpack-'));
  t.after(() => rmSync(scratch, { recursive: true, force: true }));
  const layer = join(scratch, 'layer');
  mkdirSync(layer);
  const path = join(scratch, 'blob');
  const blob = options.blob ?? archive;
  writeFileSync(path, blob);
  const { overlay = false, limits = layerLimits } = options;
  const job = { blob: { path, offset: 0, length: blob.length }, digest: undefined, diffId: sha256(archive) };
  try {
    const record = await unpackLayer({ ...job, directory: layer, overlay, limits }, t.signal);
    return { root: join(layer, 'rootfs'), record };
  } finally {
    assert.deepEqual(readdirSync(scratch).sort(), ['blob', 'layer'], 'nothing is written beside the layer');
    const inside = readdirSync(layer).filter(name => name !== 'rootfs' && name !== 'layer.json');
    assert.deepEqual(inside, [], 'nothing is written beside its contents');
  }
}
