export type { Conflict, StorageErrorCode } from './errors.ts';
export { StorageError, VersionConflictError } from './errors.ts';
export {
  type Candidacy,
  type LeaderContender,
  type LeaderDetector,
  type Leadership,
  standalone,
} from './leadership.ts';
export { memoryEngine } from './memory.ts';
export type { SqliteOptions } from './sqlite.ts';
export { sqliteEngine } from './sqlite.ts';
export type { Change, Storage, StorageEngine, StorageLimits, Variable } from './storage.ts';
