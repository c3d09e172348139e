/** A named value as the store holds it. */
export interface Variable {
  readonly name: string;
  readonly value: Uint8Array;
  /** Greater than 0 and never used twice for a name, not even after the variable was removed. Otherwise opaque. */
  readonly version: number;
}

/** One line of a batch: set a variable, or remove it. */
export interface Change {
  readonly name: string;
  /** `undefined` removes the variable. The bytes are copied before `commit` returns its promise. */
  readonly value: Uint8Array | undefined;
  /** The version the writer has seen; 0 when the variable must not exist. */
  readonly expectedVersion: number;
}

/** How much an engine takes at once. */
export interface StorageLimits {
  /** Bytes of the names and values of one batch; a larger one is `STORAGE_INVALID`. */
  readonly batchBytes: number;
}

/** A store of some kind, which has one writer after another. */
export interface StorageEngine {
  readonly limits: StorageLimits;
  /**
   * Opens the store for a term, in which the caller alone writes. The term before, if it is not over, is deposed: what it
   * has under way is settled before this resolves, and all it asks for from now on is `STORAGE_FENCED`, whatever it read.
   *
   * @throws {StorageError} when the store cannot be opened; the term before is deposed all the same.
   */
  openTerm(): Promise<Storage>;
}

/**
 * Durable, versioned variables, open for one term. What all engines promise:
 *
 * - A batch is applied whole or not at all, now and after a crash.
 * - `commit` resolves only when the batch is durable. Batches are applied in the order of the calls.
 * - A read sees every commit called before it.
 * - A writer that has lost the right to write (another term was opened, the file was replaced, the disk's answer leaves
 *   the outcome unknown) gets `STORAGE_FENCED`, then and for every later call. It never writes silently. What it was
 *   told last is then unknown to it: a new process opens the store and loads what is there.
 *
 * All methods reject with `StorageError`; match its `code`.
 */
export interface Storage {
  /** All variables by name. */
  load(): Promise<ReadonlyMap<string, Variable>>;
  /** Those of the named variables that exist, by name. */
  get(names: readonly string[]): Promise<ReadonlyMap<string, Variable>>;
  /**
   * Applies a batch.
   *
   * @param batch each name at most once.
   * @returns the new version of every name in the batch; 0 for the removed ones.
   * @throws {VersionConflictError} when a version differs; nothing of this batch was written, others go on.
   * @throws {StorageError} `STORAGE_INVALID` when the batch names a variable twice or is larger than the engine's limit;
   *   `STORAGE_FULL`: nothing of this batch was written and the store remains usable.
   */
  commit(batch: readonly Change[]): Promise<ReadonlyMap<string, number>>;
  /** Waits for the commits under way, then releases the store. Later calls reject with `STORAGE_CLOSED`. */
  close(): Promise<void>;
}
