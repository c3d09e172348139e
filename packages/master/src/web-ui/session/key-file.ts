/** Keeps the key of sessions, and which sessions were signed out, so that both survive the master's process. */
import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { ifAbsent } from '@meseta/system';
import { replaceFile } from '@meseta/system/replace-file';

/** What is kept. */
export interface SessionSecrets {
  readonly key: Buffer;
  /** Sessions that were signed out, by their ids. The first one was signed out first. */
  readonly signedOut: Map<string, SignedOut>;
  /** Principals, to when the last of their sessions that do not count any more ends, in seconds since the epoch. */
  readonly endedUntil: Map<string, number>;
}

/** A session that was signed out. */
export interface SignedOut {
  readonly principal: string;
  /** Seconds since the epoch. */
  readonly end: number;
}

const keyBytes = 32;
const largestBytes = 4 * 1024 * 1024;

/** Makes a new key, with which no session of before counts. */
export const newSecrets = (): SessionSecrets => ({
  key: randomBytes(keyBytes),
  signedOut: new Map(),
  endedUntil: new Map(),
});

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
export function writeSecrets(path: string, { key, signedOut, endedUntil }: SessionSecrets): Promise<void> {
  const text = JSON.stringify({
    key: key.toString('base64'),
    signed_out: [...signedOut].map(([id, { principal, end }]) => [id, principal, end]),
    ended_until: [...endedUntil],
  });
  return replaceFile(path, text, { durable: true });
}

function secretsIn(text: string): SessionSecrets {
  let value: { key?: unknown; signed_out?: unknown; ended_until?: unknown } | null;
  try {
    value = JSON.parse(text);
  } catch {
    throw new SessionFileError('it is no JSON'); // the parser's words may quote the key
  }
  const key = Buffer.from(typeof value?.key === 'string' ? value.key : '', 'base64');
  if (key.length !== keyBytes) throw new SessionFileError('it has no key');
  const signedOut = rows(value?.signed_out).map(([id, principal, end]): [string, SignedOut] => {
    return [`${id}`, { principal: `${principal}`, end: Number(end) }];
  });
  const endedUntil = rows(value?.ended_until).map(([principal, end]): [string, number] => [
    `${principal}`,
    Number(end),
  ]);
  return { key, signedOut: new Map(signedOut), endedUntil: new Map(endedUntil) };
}

function rows(value: unknown): unknown[][] {
  return Array.isArray(value) ? value.filter(row => Array.isArray(row)) : [];
}
