export type { Conflict, StorageErrorCode } from './errors.ts';
export { StorageError, VersionConflictError } from './errors.ts';
export { openMemoryStorage } from './memory.ts';
export type { SqliteOptions } from './sqlite.ts';
export { openSqliteStorage } from './sqlite.ts';
export type { Change, Storage, Variable } from './storage.ts';
