/**
 * Reads and writes the SQLite file: synchronously, on the worker thread only.
 *
 * The file is in WAL mode with `synchronous=FULL`: a transaction is durable when COMMIT returns. This process locks it
 * from opening to closing (`locking_mode=EXCLUSIVE`). This also keeps the index of the WAL in memory, so that a full
 * disk cannot damage a shared index.
 */
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { systemProblem } from '@meseta/system/system-problem';
import { conflictsOf } from './batch.ts';
import { StorageError, unavailableHelp, VersionConflictError } from './errors.ts';
import type { Change, Variable } from './storage.ts';

/** A read or a commit; without `names`, all variables are read. */
export type Operation =
  | { readonly type: 'read'; readonly names?: readonly string[] }
  | { readonly type: 'commit'; readonly batch: readonly Change[] };

/** The result of an operation. */
export type Outcome =
  | { readonly variables: Map<string, Variable> }
  | { readonly versions: Map<string, number> }
  | { readonly error: StorageError };

const applicationId = 0x4d657361;
const schemaVersion = 1;
const schema = `
  CREATE TABLE variables (name TEXT PRIMARY KEY, version INTEGER NOT NULL, crc32 INTEGER NOT NULL, value BLOB NOT NULL) STRICT;
  CREATE TABLE revision (latest INTEGER NOT NULL) STRICT;
  INSERT INTO revision VALUES (0);
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${schemaVersion};`;

/** An open SQLite file with versioned variables. */
export class SqliteDatabase {
  readonly #path: string;
  readonly #inode: string;
  readonly #database: DatabaseSync;
  readonly #statements;
  #revision: number;
  #fence: StorageError | undefined;

  /**
   * Opens the file, and creates it when it is missing.
   *
   * @param maxBytes the maximum size of the file.
   * @throws {StorageError} when the file is locked, corrupt or not a store of Meseta, or cannot be opened.
   */
  constructor(path: string, maxBytes: number | undefined) {
    this.#path = path;
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(path, { timeout: 0 });
      prepare(database, path, maxBytes);
      this.#statements = statementsOf(database);
      this.#revision = Number(this.#statements.revision.get()?.latest);
      this.#database = database;
    } catch (error) {
      database?.close();
      throw storageError(error, 'open', path);
    }
    this.#inode = inodeOf(path);
  }

  /**
   * Performs all operations in one transaction. A conflict fails its own batch only. When there is not enough space for
   * all of them, they are performed one by one, so that a small batch does not fail because of a large one.
   */
  run(operations: readonly Operation[]): Outcome[] {
    if (this.#fence) return operations.map(() => ({ error: this.#fence as StorageError }));
    const revision = this.#revision;
    try {
      return this.#transaction(operations);
    } catch (cause) {
      this.#revision = revision;
      const error = storageError(cause, 'write', this.#path);
      if (error.code !== 'STORAGE_FULL') this.#fence = fenced(error);
      else if (operations.length > 1) return operations.flatMap(operation => this.run([operation]));
      return operations.map(() => ({ error: this.#fence ?? error }));
    }
  }

  close(): void {
    this.#database.close();
  }

  #transaction(operations: readonly Operation[]): Outcome[] {
    const before = this.#revision;
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const outcomes = operations.map(operation =>
        operation.type === 'read' ? { variables: this.#read(operation.names) } : this.#apply(operation.batch),
      );
      if (this.#revision > before) this.#statements.setRevision.run(this.#revision);
      this.#assertInPlace();
      this.#database.exec('COMMIT');
      return outcomes;
    } finally {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
    }
  }

  #read(names: readonly string[] | undefined): Map<string, Variable> {
    const { one, all } = this.#statements;
    const rows = names ? names.map(name => one.get(name)).filter(row => row !== undefined) : all.all();
    return new Map(rows.map(variableOf).map(variable => [variable.name, variable]));
  }

  #apply(batch: readonly Change[]): Outcome {
    const conflicts = conflictsOf(batch, name => Number(this.#statements.version.get(name)?.version ?? 0));
    if (conflicts.length > 0) return { error: new VersionConflictError(conflicts) };
    const version = ++this.#revision;
    for (const { name, value } of batch) {
      if (value === undefined) this.#statements.remove.run(name);
      else this.#statements.set.run(name, version, crc32(value), value);
    }
    return { versions: new Map(batch.map(({ name, value }) => [name, value === undefined ? 0 : version])) };
  }

  /** Checks that the file was not removed or replaced: writes to it would succeed, but could never be read. */
  #assertInPlace(): void {
    if (inodeOf(this.#path) !== this.#inode) {
      throw new StorageError('STORAGE_UNAVAILABLE', `'${this.#path}' was removed or replaced while it was in use`);
    }
  }
}

function prepare(database: DatabaseSync, path: string, maxBytes: number | undefined): void {
  database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216');
  const number = (pragma: string) => Number(Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]);
  if (maxBytes !== undefined) database.exec(`PRAGMA max_page_count = ${Math.floor(maxBytes / number('page_size'))}`);
  database.exec('BEGIN EXCLUSIVE');
  const empty = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.count === 0;
  if (empty) database.exec(schema);
  else if (number('application_id') !== applicationId || number('user_version') !== schemaVersion) {
    throw new StorageError(
      'STORAGE_INCOMPATIBLE',
      `'${path}' is not a store of this version of Meseta; run the version that wrote it, or name another file`,
    );
  }
  database.exec('COMMIT');
  database.exec('PRAGMA journal_mode = WAL'); // only after the checks, because it writes to the file
  const check = database.prepare('PRAGMA quick_check(1)').get()?.quick_check;
  if (check !== 'ok') throw corrupt(path, new Error(String(check)));
}

function statementsOf(database: DatabaseSync) {
  return {
    all: database.prepare('SELECT * FROM variables ORDER BY name'),
    one: database.prepare('SELECT * FROM variables WHERE name = ?'),
    version: database.prepare('SELECT version FROM variables WHERE name = ?'),
    set: database.prepare('INSERT OR REPLACE INTO variables (name, version, crc32, value) VALUES (?, ?, ?, ?)'),
    remove: database.prepare('DELETE FROM variables WHERE name = ?'),
    revision: database.prepare('SELECT latest FROM revision'),
    setRevision: database.prepare('UPDATE revision SET latest = ?'),
  };
}

function variableOf({ name, version, crc32: expected, value }: Record<string, SQLOutputValue>): Variable {
  const hasTypes = typeof name === 'string' && typeof version === 'number' && value instanceof Uint8Array;
  if (!hasTypes || crc32(value) !== expected)
    throw Object.assign(new Error(`checksum of variable '${name}' differs`), { errcode: 11 });
  return { name, version, value };
}

function inodeOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return `${stat?.dev}:${stat?.ino}`;
}

function corrupt(path: string, cause: unknown): StorageError {
  const action = 'restore the file from a backup, or move it (with its -wal file) away to start with an empty one';
  return new StorageError('STORAGE_CORRUPT', `'${path}' is damaged; ${action}`, { cause });
}

function fenced(cause: StorageError): StorageError {
  if (cause.code === 'STORAGE_CORRUPT') return cause;
  const message = `The store refuses to write, because its last write may have failed (${cause.message}); restart the daemon`;
  return new StorageError('STORAGE_FENCED', message, { cause });
}

/**
 * Finds out what the system says to a file beside the database: SQLite says the same to a disk without room for another
 * file, one that is read-only, and others.
 *
 * @returns undefined when such a file can be written.
 */
function problemBeside(path: string): string | undefined {
  const probe = `${path}.probe`;
  try {
    rmSync(probe, { force: true }); // of a process that was killed meanwhile
    writeFileSync(probe, 'x', { flag: 'wx', flush: true });
    rmSync(probe);
    return undefined;
  } catch (error) {
    removeIfPossible(probe);
    return systemProblem(error as NodeJS.ErrnoException);
  }
}

function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The disk takes no changes, which is what the error says. The next look removes it.
  }
}

/** Converts SQLite's primary result codes. @see https://www.sqlite.org/rescode.html */
function storageError(error: unknown, verb: string, path: string): StorageError {
  if (error instanceof StorageError) return error;
  const { errcode = 0, message } = error as Error & { errcode?: number };
  switch (errcode & 0xff) {
    case 5: // SQLITE_BUSY
    case 6: // SQLITE_LOCKED
      return new StorageError(
        'STORAGE_LOCKED',
        `'${path}' is in use by another process; stop that one, or use another work directory`,
        { cause: error },
      );
    case 11: // SQLITE_CORRUPT
    case 26: // SQLITE_NOTADB
      return corrupt(path, error);
    case 13: // SQLITE_FULL
    case 18: // SQLITE_TOOBIG
      return new StorageError(
        'STORAGE_FULL',
        `There is no space for this change in '${path}' (${message}); free some on its file system`,
        { cause: error },
      );
    default:
      return new StorageError(
        'STORAGE_UNAVAILABLE',
        `Could not ${verb} '${path}' (${[message, problemBeside(path)].filter(Boolean).join(': ')}); ${unavailableHelp}`,
        { cause: error },
      );
  }
}
