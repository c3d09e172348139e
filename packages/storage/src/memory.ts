import { conflictsOf, copyBatch } from './batch.ts';
import { deposed, StorageError, VersionConflictError } from './errors.ts';
import type { Change, Storage, StorageEngine, Variable } from './storage.ts';

/** Makes a store that lasts as long as the process, for tests and for `--registry=in_memory`. */
export function memoryEngine(): StorageEngine {
  return new MemoryEngine();
}

class MemoryEngine implements StorageEngine {
  readonly limits = { batchBytes: Number.POSITIVE_INFINITY };
  readonly variables = new Map<string, Variable>();
  revision = 0;
  /** The current term. */
  term: MemoryStorage | undefined;

  async openTerm(): Promise<Storage> {
    this.term = new MemoryStorage(this);
    return this.term;
  }
}

class MemoryStorage implements Storage {
  readonly #engine: MemoryEngine;
  #closed = false;

  constructor(engine: MemoryEngine) {
    this.#engine = engine;
  }

  async load(): Promise<ReadonlyMap<string, Variable>> {
    return this.get([...this.#engine.variables.keys()]);
  }

  async get(names: readonly string[]): Promise<ReadonlyMap<string, Variable>> {
    this.#assertOpen();
    const found = names.flatMap(name => this.#engine.variables.get(name) ?? []);
    return new Map(found.map(variable => [variable.name, { ...variable, value: new Uint8Array(variable.value) }]));
  }

  async commit(batch: readonly Change[]): Promise<ReadonlyMap<string, number>> {
    this.#assertOpen();
    const { variables, limits } = this.#engine;
    const copy = copyBatch(batch, limits);
    const conflicts = conflictsOf(copy, name => variables.get(name)?.version ?? 0);
    if (conflicts.length > 0) throw new VersionConflictError(conflicts);
    const version = ++this.#engine.revision;
    for (const { name, value } of copy) {
      if (value === undefined) variables.delete(name);
      else variables.set(name, { name, value, version });
    }
    return new Map(copy.map(({ name, value }) => [name, value === undefined ? 0 : version]));
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #assertOpen(): void {
    if (this.#closed) throw new StorageError('STORAGE_CLOSED', 'The store is closed');
    if (this.#engine.term !== this) throw deposed();
  }
}
