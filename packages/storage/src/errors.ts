/**
 * The reason why an operation failed:
 *
 * - `STORAGE_CONFLICT`: see `VersionConflictError`.
 * - `STORAGE_FENCED`: this writer may not write any more; the process must open the store again.
 * - `STORAGE_LOCKED`: another process has opened the store.
 * - `STORAGE_CORRUPT`: the stored data cannot be read.
 * - `STORAGE_INCOMPATIBLE`: the store belongs to another program or to a newer version of Meseta.
 * - `STORAGE_FULL`: there is no space for this commit; it was not written, and the store remains usable.
 * - `STORAGE_UNAVAILABLE`: the store cannot be opened, read or written for another reason (see the message).
 * - `STORAGE_INVALID`: the batch is invalid (a repeated name, or more than the engine's limit).
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

/** What an operator can do about a file that cannot be made, opened, read or written. */
export const unavailableHelp =
  'see that its directory exists, is sound and can be written, and that its file system has room for files';

/** The error of every `Storage` method. The message says what the operator can do. */
export class StorageError extends Error {
  override readonly name: string = 'StorageError';
  readonly code: StorageErrorCode;
  constructor(code: StorageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Creates the error of a writer after another term was opened. */
export function deposed(): StorageError {
  return new StorageError(
    'STORAGE_FENCED',
    'Another term of this store has begun; this one must not read or write any more',
  );
}

/** A variable whose version is not the one the writer expected. Versions are 0 when the variable is absent. */
export interface Conflict {
  readonly name: string;
  readonly expectedVersion: number;
  readonly version: number;
}

/** The stored versions are not those the batch was based on. Nothing of the batch was written. */
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
