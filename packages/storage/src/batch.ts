import { type Conflict, StorageError } from './errors.ts';
import type { Change, StorageLimits } from './storage.ts';

/**
 * Copies and checks a batch, so that the caller may reuse its buffers.
 *
 * @throws {StorageError} `STORAGE_INVALID` for a repeated name, and for more bytes than the engine accepts in one
 * batch.
 */
export function copyBatch(batch: readonly Change[], { batchBytes }: StorageLimits): Change[] {
  const bytes = batch.reduce((sum, { name, value }) => sum + Buffer.byteLength(name) + (value?.length ?? 0), 0);
  if (bytes > batchBytes) {
    const message = `A batch of ${bytes} bytes exceeds the limit of ${batchBytes} bytes`;
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

/**
 * Returns the changes whose expected version is not the stored one.
 *
 * @param versionOf returns the stored version of a variable; 0 when it is absent.
 */
export function conflictsOf(batch: readonly Change[], versionOf: (name: string) => number): Conflict[] {
  return batch
    .map(({ name, expectedVersion }) => ({ name, expectedVersion, version: versionOf(name) }))
    .filter(({ expectedVersion, version }) => expectedVersion !== version);
}
