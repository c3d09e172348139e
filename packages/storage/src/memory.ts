import { conflictsOf, copyBatch } from './batch.ts';
import { StorageError, VersionConflictError } from './errors.ts';
import type { Change, Storage, Variable } from './storage.ts';

/** A store that lives as long as the process: for tests and for `--registry=in_memory`. */
export function openMemoryStorage(): Storage {
  return new MemoryStorage();
}

class MemoryStorage implements Storage {
  readonly #variables = new Map<string, Variable>();
  #revision = 0;
  #closed = false;

  async load(): Promise<ReadonlyMap<string, Variable>> {
    return this.get([...this.#variables.keys()]);
  }

  async get(names: readonly string[]): Promise<ReadonlyMap<string, Variable>> {
    this.#assertOpen();
    const found = names.flatMap(name => this.#variables.get(name) ?? []);
    return new Map(found.map(variable => [variable.name, { ...variable, value: new Uint8Array(variable.value) }]));
  }

  async commit(batch: readonly Change[]): Promise<ReadonlyMap<string, number>> {
    this.#assertOpen();
    const copy = copyBatch(batch);
    const conflicts = conflictsOf(copy, name => this.#variables.get(name)?.version ?? 0);
    if (conflicts.length > 0) throw new VersionConflictError(conflicts);
    const version = ++this.#revision;
    for (const { name, value } of copy) {
      if (value === undefined) this.#variables.delete(name);
      else this.#variables.set(name, { name, value, version });
    }
    return new Map(copy.map(({ name, value }) => [name, value === undefined ? 0 : version]));
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #assertOpen(): void {
    if (this.#closed) throw new StorageError('STORAGE_CLOSED', 'The store is closed');
  }
}
