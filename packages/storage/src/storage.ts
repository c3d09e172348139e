/** A stored variable. */
export interface Variable {
  readonly name: string;
  readonly value: Uint8Array;
  /** Greater than 0, and never used twice for a name, not even after the variable was removed. Otherwise opaque. */
  readonly version: number;
}

/** A change of a batch: sets or removes a variable. */
export interface Change {
  readonly name: string;
  /** `undefined` removes the variable. The bytes are copied before `commit` returns its promise. */
  readonly value: Uint8Array | undefined;
  /** The version that the writer has read; 0 when the variable must not exist. */
  readonly expectedVersion: number;
}

/** The limits of an engine. */
export interface StorageLimits {
  /** The maximum size of the names and values of one batch, in bytes; a larger one is `STORAGE_INVALID`. */
  readonly batchBytes: number;
}

/** A store. Its writers follow one another. */
export interface StorageEngine {
  readonly limits: StorageLimits;
  /**
   * Opens the store for a term, in which only the caller writes. An earlier open term is ended: its running operations
   * are settled before this resolves, and all later ones, reads included, fail with `STORAGE_FENCED`.
   *
   * @throws {StorageError} when the store cannot be opened; the earlier term is ended in any case.
   */
  openTerm(): Promise<Storage>;
}

/**
 * Durable, versioned variables, open for one term. All engines guarantee:
 *
 * - A batch is applied completely or not at all, also after a crash.
 * - `commit` resolves only when the batch is durable. Batches are applied in the order of the calls.
 * - A read sees every commit called before it.
 * - A writer that has lost the right to write (another term was opened, the file was replaced, a disk error leaves
 *   the outcome unknown) gets `STORAGE_FENCED`, then and for every later call, and never writes. The outcome of its
 *   last call may be unknown to it: a new process opens the store and loads the stored variables.
 *
 * All methods reject with `StorageError`; match its `code`.
 */
export interface Storage {
  /** Returns all variables by name. */
  load(): Promise<ReadonlyMap<string, Variable>>;
  /** Returns those of the named variables that exist, by name. */
  get(names: readonly string[]): Promise<ReadonlyMap<string, Variable>>;
  /**
   * Applies a batch.
   *
   * @param batch each name at most once.
   * @returns the new version of every name in the batch; 0 for removed ones.
   * @throws {VersionConflictError} when a version differs; nothing of this batch was written, other batches are not
   * affected.
   * @throws {StorageError} `STORAGE_INVALID` when the batch names a variable twice or exceeds the engine's limit;
   * `STORAGE_FULL`: nothing of this batch was written, and the store remains usable.
   */
  commit(batch: readonly Change[]): Promise<ReadonlyMap<string, number>>;
  /** Waits for running commits, then releases the store. Later calls reject with `STORAGE_CLOSED`. */
  close(): Promise<void>;
}
