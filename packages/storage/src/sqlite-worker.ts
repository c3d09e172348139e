/**
 * The entry of the thread on which SQLite runs: opens the file, then performs one group of operations after another.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type Conflict, StorageError, VersionConflictError } from './errors.ts';
import { type Operation, type Outcome, SqliteDatabase } from './sqlite-database.ts';
import type { Variable } from './storage.ts';

/** The `workerData` of this thread. */
export interface WorkerOptions {
  readonly path: string;
  readonly maxBytes: number | undefined;
}

/**
 * A `StorageError` in a message between threads: cloning keeps neither the class nor the own properties of an error.
 */
export interface Failure {
  readonly code: StorageError['code'];
  readonly message: string;
  readonly cause: unknown;
  readonly conflicts: readonly Conflict[] | undefined;
}

/** A group of operations, or the request to close. */
export type Request = readonly Operation[] | 'close';

/**
 * The results of a group in its order; empty after opening and closing; a failure when the file could not be opened.
 */
export type Reply = { readonly outcomes: readonly ReplyOutcome[] } | { readonly failure: Failure };

/** The result of one operation, in a form that can be cloned. */
export type ReplyOutcome =
  | { readonly variables: Map<string, Variable> }
  | { readonly versions: Map<string, number> }
  | { readonly failure: Failure };

function failureOf(error: StorageError): Failure {
  const { code, message, cause } = error;
  const conflicts = error instanceof VersionConflictError ? error.conflicts : undefined;
  return { code, message, cause: cause instanceof StorageError ? cause.message : cause, conflicts };
}

function replyOutcome(outcome: Outcome): ReplyOutcome {
  return 'error' in outcome ? { failure: failureOf(outcome.error) } : outcome;
}

function serve(port: NonNullable<typeof parentPort>, { path, maxBytes }: WorkerOptions): void {
  const reply = (message: Reply) => port.postMessage(message);
  try {
    const database = new SqliteDatabase(path, maxBytes);
    port.on('message', (request: Request) => {
      if (request === 'close') {
        database.close();
        reply({ outcomes: [] });
        port.close();
      } else reply({ outcomes: database.run(request).map(replyOutcome) });
    });
    reply({ outcomes: [] });
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    reply({ failure: failureOf(error) });
  }
}

if (parentPort) serve(parentPort, workerData);
