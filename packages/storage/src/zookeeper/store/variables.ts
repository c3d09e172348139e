/** The variables in memory, and what a group of operations does to them. Pure: nothing here reads or writes a store. */
import { conflictsOf } from '../../batch.ts';
import { type StorageError, VersionConflictError } from '../../errors.ts';
import type { Change, Variable } from '../../storage.ts';
import type { LogRecord } from './records.ts';

/** A read or a commit; without `names`, all variables are read. */
export type Operation =
  | { readonly type: 'read'; readonly names?: readonly string[] }
  | { readonly type: 'commit'; readonly batch: readonly Change[] };

/** The result of an operation. */
export type Outcome =
  | { readonly variables: ReadonlyMap<string, Variable> }
  | { readonly versions: ReadonlyMap<string, number> }
  | { readonly error: StorageError };

/** What a group of operations does. */
export interface GroupPlan {
  /** Of each operation. They hold only if the record is stored. */
  readonly outcomes: readonly Outcome[];
  /** What is to be stored; undefined when the group changes nothing. */
  readonly record: LogRecord | undefined;
}

/** The stored variables and the revision of the last batch. */
export class Variables {
  readonly #variables = new Map<string, Variable>();
  #revision = 0;
  #bytes = 0;

  /** The number of batches that were ever stored. Never smaller than the version of a variable. */
  get revision(): number {
    return this.#revision;
  }

  /** Of all names and values. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Returns the variables as they are now; later changes are not in it. */
  all(): Variable[] {
    return [...this.#variables.values()];
  }

  /** Takes over the variables of a snapshot. */
  restore(variables: readonly Variable[], revision: number): void {
    for (const variable of variables) this.#set(variable.name, variable);
    this.#revision = revision;
  }

  /** Applies a stored record, whose first revision must be the next one. */
  apply({ batches }: LogRecord): void {
    for (const batch of batches) {
      const version = ++this.#revision;
      for (const { name, value } of batch) this.#set(name, value && { name, value, version });
    }
  }

  /** Plans operations one after another; each sees what those before it do. Changes nothing. */
  plan(operations: readonly Operation[]): GroupPlan {
    const changed = new Map<string, Variable | undefined>();
    const find = (name: string) => (changed.has(name) ? changed.get(name) : this.#variables.get(name));
    const batches: (readonly Change[])[] = [];
    const outcomes = operations.map((operation): Outcome => {
      if (operation.type === 'read') {
        const names = operation.names ?? new Set([...this.#variables.keys(), ...changed.keys()]);
        return { variables: copies([...names].flatMap(name => find(name) ?? [])) };
      }
      const { batch } = operation;
      const conflicts = conflictsOf(batch, name => find(name)?.version ?? 0);
      if (conflicts.length > 0) return { error: new VersionConflictError(conflicts) };
      if (batch.length === 0) return { versions: new Map() };
      batches.push(batch);
      const version = this.#revision + batches.length;
      for (const { name, value } of batch) changed.set(name, value && { name, value, version });
      return { versions: new Map(batch.map(({ name, value }) => [name, value === undefined ? 0 : version])) };
    });
    const record = batches.length > 0 ? { firstRevision: this.#revision + 1, batches } : undefined;
    return { outcomes, record };
  }

  #set(name: string, variable: Variable | undefined): void {
    const before = this.#variables.get(name);
    if (before) this.#bytes -= sizeOf(before);
    if (variable) {
      this.#variables.set(name, variable);
      this.#bytes += sizeOf(variable);
    } else {
      this.#variables.delete(name);
    }
  }
}

/** Buffers belong to their owners: who reads a variable may change its bytes. */
function copies(variables: readonly Variable[]): Map<string, Variable> {
  return new Map(variables.map(variable => [variable.name, { ...variable, value: new Uint8Array(variable.value) }]));
}

function sizeOf({ name, value }: Variable): number {
  return name.length + value.length;
}
