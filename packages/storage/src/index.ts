export {
  /** @public Thrown by storages. */
  StorageError,
  /** @public */
  VersionConflictError,
} from './errors.ts';
export {
  type Candidacy,
  type LeaderContender,
  type LeaderDetector,
  type Leadership,
  standalone,
} from './leadership.ts';
export { memoryEngine } from './memory.ts';
export type {
  /** @public */
  SqliteOptions,
} from './sqlite.ts';
export { sqliteEngine } from './sqlite.ts';
export type {
  /** @public */
  Change,
  Storage,
  StorageEngine,
  Variable,
} from './storage.ts';
