/** What becomes of files of an earlier agent that cannot be read, by `--strict`. */
import { Slice } from '@meseta/system';
import { NotRegularFileError } from '@meseta/system/regular-file';
import type { Logger, Metrics } from '@meseta/telemetry';
import { IncompleteFileError } from '../disk/records.ts';
import { RecoveryError } from './error.ts';

/** How damaged files are handled. */
export interface DamageHandling {
  readonly log: Logger;
  /** Damage ends the recovery; else it is skipped. */
  readonly strict: boolean;
  /**
   * The machine was started anew since the files were written. Most of them are not synced, because nothing that they are about
   * outlives a crash of the machine. Those that the crash left incomplete are skipped, also when `strict`.
   */
  readonly rebooted?: boolean;
  /** Reads are synchronous, and ask it before each whether to give way to others. */
  readonly slice: Slice;
  /** Counts a damage that is skipped. */
  readonly onDamage: () => void;
}

/** Returns the handling by an agent's flags, which counts in `slave/recovery_errors`. */
export function damageHandling(parts: {
  readonly flags: { readonly strict: boolean };
  readonly log: Logger;
  readonly metrics: Metrics;
}): DamageHandling {
  const errors = parts.metrics.counter('slave/recovery_errors');
  return { log: parts.log, strict: parts.flags.strict, slice: new Slice(), onDamage: () => errors.increment() };
}

/** A file is whole, but its content is not what an agent writes. The message says what is there. */
export class ContentError extends Error {
  override readonly name = 'ContentError';
  readonly code = 'UNEXPECTED_CONTENT';
}

/** What a crash of the machine makes of files that are not synced. */
const unfinished = [IncompleteFileError, ContentError, SyntaxError];

/** Runs a read. Returns undefined for damage that is skipped. @throws {RecoveryError} {NotRegularFileError} */
export async function tolerate<T>(
  handling: DamageHandling,
  path: string,
  read: (path: string) => Promise<T | undefined> | T | undefined,
): Promise<T | undefined> {
  const turn = handling.slice.giveWay();
  if (turn) await turn;
  try {
    return await read(path);
  } catch (cause) {
    const unsynced = handling.rebooted === true && unfinished.some(kind => cause instanceof kind);
    if (handling.strict && !unsynced) throw cause instanceof NotRegularFileError ? cause : damaged(path, cause);
    skip(handling, path, cause);
    return undefined;
  }
}

/** Counts and logs damage that is skipped. */
export function skip({ log, onDamage }: DamageHandling, path: string, cause: unknown): void {
  onDamage();
  log.warning('Skipped what cannot be read', { path, error: cause });
}

function damaged(path: string, cause: unknown): RecoveryError {
  const help =
    'start with --no-strict to go on without it, or with --no-strict --recover=cleanup to end what was running';
  return new RecoveryError(`Failed to read '${path}': ${(cause as Error).message}. To go on, ${help}`, { cause });
}
