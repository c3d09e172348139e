import { type Conflict, StorageError } from './errors.ts';
import type { Change } from './storage.ts';

/** A copy of the batch, so that the caller may reuse its buffers. @throws {StorageError} `STORAGE_INVALID` for a name given twice. */
export function copyBatch(batch: readonly Change[]): Change[] {
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
