/**
 * What went wrong, for programs:
 *
 * - `STORAGE_CONFLICT`: see `VersionConflictError`.
 * - `STORAGE_FENCED`: this writer may write no more; the process must open the store anew.
 * - `STORAGE_LOCKED`: another process has the store open.
 * - `STORAGE_CORRUPT`: what is stored cannot be read.
 * - `STORAGE_INCOMPATIBLE`: the store belongs to another program or to a newer version of this one.
 * - `STORAGE_FULL`: no space for this commit; it was not written, the store remains usable.
 * - `STORAGE_UNAVAILABLE`: the store cannot be opened, read or written for another reason (see the message).
 * - `STORAGE_INVALID`: the batch itself is wrong (a name twice, or more than the engine's limit).
 * - `STORAGE_CLOSED`: `close` was called before.
 */
export type StorageErrorCode =
  | 'STORAGE_CONFLICT'
  | 'STORAGE_FENCED'
  | 'STORAGE_LOCKED'
  | 'STORAGE_CORRUPT'
  | 'STORAGE_INCOMPATIBLE'
  | 'STORAGE_FULL'
  | 'STORAGE_UNAVAILABLE'
  | 'STORAGE_INVALID'
  | 'STORAGE_CLOSED';

/** Rejection of every `Storage` method. The message says what the operator can do. */
export class StorageError extends Error {
  override readonly name: string = 'StorageError';
  readonly code: StorageErrorCode;
  constructor(code: StorageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What a writer gets when another term was opened after its own. */
export function deposed(): StorageError {
  return new StorageError(
    'STORAGE_FENCED',
    'Another term of this store has begun; this one may read and write no more',
  );
}

/** A variable that is not at the version the writer expected; versions are 0 where the variable is absent. */
export interface Conflict {
  readonly name: string;
  readonly expectedVersion: number;
  readonly version: number;
}

/** The batch was based on versions that are no longer the stored ones. Nothing of it was written. */
export class VersionConflictError extends StorageError {
  override readonly name = 'VersionConflictError';
  readonly conflicts: readonly Conflict[];
  constructor(conflicts: readonly Conflict[]) {
    const list = conflicts.map(
      ({ name, expectedVersion, version }) => `'${name}' is at version ${version}, not ${expectedVersion}`,
    );
    super('STORAGE_CONFLICT', `Could not commit: ${list.join(', ')}; load the variables again and repeat the change`);
    this.conflicts = conflicts;
  }
}
