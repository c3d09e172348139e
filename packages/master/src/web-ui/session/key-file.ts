/** Keeps the key of sessions, and which sessions were signed out, so that both survive the master's process. */
import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { ifAbsent } from '@meseta/system';
import { replaceFile } from '@meseta/system/replace-file';

/** What is kept. */
export interface SessionSecrets {
  readonly key: Buffer;
  /** Ids of sessions that were signed out, to their ends in seconds since the epoch. */
  readonly signedOut: Map<string, number>;
}

const keyBytes = 32;
const largestBytes = 4 * 1024 * 1024;

/** Makes a new key, with which no session of before counts. */
export const newSecrets = (): SessionSecrets => ({ key: randomBytes(keyBytes), signedOut: new Map() });

/** The file cannot be used; the master goes on with a new key. */
export class SessionFileError extends Error {
  override readonly name = 'SessionFileError';
  readonly code = 'SESSION_FILE';
}

/**
 * Reads the file.
 *
 * @returns undefined when there is none.
 * @throws {SessionFileError} when it is damaged, or others than its owner can read it.
 * @throws {Error} of `fs`.
 */
export async function readSecrets(path: string): Promise<SessionSecrets | undefined> {
  const file = await open(path).catch(ifAbsent(undefined));
  if (file === undefined) return undefined;
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new SessionFileError('it is no regular file');
    if ((stats.mode & 0o077) !== 0) throw new SessionFileError('others than its owner can use it');
    if (stats.size > largestBytes) throw new SessionFileError(`it is larger than ${largestBytes} bytes`);
    return secretsIn(await file.readFile('utf8'));
  } finally {
    await file.close();
  }
}

/** Writes the file, which only this user can read. Calls must not overlap. */
export function writeSecrets(path: string, { key, signedOut }: SessionSecrets): Promise<void> {
  const text = JSON.stringify({ key: key.toString('base64'), signed_out: Object.fromEntries(signedOut) });
  return replaceFile(path, text, { durable: true });
}

function secretsIn(text: string): SessionSecrets {
  let value: { key?: unknown; signed_out?: unknown } | null;
  try {
    value = JSON.parse(text);
  } catch {
    throw new SessionFileError('it is no JSON'); // the parser's words may quote the key
  }
  const key = Buffer.from(typeof value?.key === 'string' ? value.key : '', 'base64');
  if (key.length !== keyBytes) throw new SessionFileError('it has no key');
  const entries = Object.entries((value?.signed_out ?? {}) as Record<string, unknown>);
  return {
    key,
    signedOut: new Map(entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number')),
  };
}
