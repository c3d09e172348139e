export { StorageError, VersionConflictError } from './errors.ts';
export {
  type Candidacy,
  type Leadership,
  standalone,
} from './leadership.ts';
export { memoryEngine } from './memory.ts';
export type { SqliteOptions } from './sqlite.ts';
export { sqliteEngine } from './sqlite.ts';
export type { Change, Storage, StorageEngine } from './storage.ts';
