import { type Conflict, StorageError } from './errors.ts';
import type { Change, StorageLimits } from './storage.ts';

/**
 * A copy of the batch, so that the caller may reuse its buffers.
 *
 * @throws {StorageError} `STORAGE_INVALID` for a name given twice, and for more bytes than the engine takes at once.
 */
export function copyBatch(batch: readonly Change[], { batchBytes }: StorageLimits): Change[] {
  const bytes = batch.reduce((sum, { name, value }) => sum + Buffer.byteLength(name) + (value?.length ?? 0), 0);
  if (bytes > batchBytes) {
    const message = `A batch has ${bytes} bytes; this store takes ${batchBytes} at once`;
    throw new StorageError('STORAGE_INVALID', message);
  }
  const names = new Set(batch.map(change => change.name));
  if (names.size < batch.length) throw new StorageError('STORAGE_INVALID', 'A batch names a variable twice');
  return batch.map(({ name, value, expectedVersion }) => ({
    name,
    value: value && new Uint8Array(value),
    expectedVersion,
  }));
}

/** The changes whose expected version is not the stored one, which `versionOf` tells (0 when absent). */
export function conflictsOf(batch: readonly Change[], versionOf: (name: string) => number): Conflict[] {
  return batch
    .map(({ name, expectedVersion }) => ({ name, expectedVersion, version: versionOf(name) }))
    .filter(({ expectedVersion, version }) => expectedVersion !== version);
}
