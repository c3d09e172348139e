/** The browsers that have signed in to the web UI. */
import { createHmac, randomUUID } from 'node:crypto';
import type { Principal } from '@meseta/process';
import type { Clock } from '@meseta/system';
import type { Logger } from '@meseta/telemetry';
import { newSecrets, readSecrets, SessionFileError, type SessionSecrets, writeSecrets } from './key-file.ts';
import { readSessionToken, type Session, sessionToken } from './token.ts';

/** So many sessions that a principal signed out are remembered. One more, and all sessions of that principal end. */
const mostSignedOut = 500;
/** So many of all principals are remembered. One more, and the key is replaced: all browsers must sign in again. */
const mostSignedOutInAll = 10_000;

/** What sessions are made with. */
export interface SessionsOptions {
  /** Where the key is kept; undefined: nowhere, so that sessions end with the process. */
  readonly file: string | undefined;
  /** How long a session lasts, in milliseconds. */
  readonly lifetimeMs: number;
  /** Returns a text that changes when the credential of a principal does; undefined: it has none any more. */
  readonly credentialOf: (principal: Principal) => string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What a session has open. */
interface OpenSession {
  readonly principal: string;
  readonly ends: Set<() => void>;
  readonly cancel: () => void;
}

/** Begins and ends sessions. What a session is stands in its token, so that any number of them takes no memory. */
export class Sessions {
  readonly #options: SessionsOptions;
  #secrets: SessionSecrets;
  #writing: Promise<void> = Promise.resolve();
  /** What ends with a session, by its id: streams that it opened. */
  readonly #ends = new Map<string, OpenSession>();

  /** Reads the key, or makes one. A file that cannot be used is replaced. */
  static async open(options: SessionsOptions): Promise<Sessions> {
    const { file, log } = options;
    const read = file === undefined ? undefined : await readSecrets(file).catch(error => unusable(error, file, log));
    const sessions = new Sessions(options, read ?? newSecrets());
    if (read === undefined) await sessions.#write();
    return sessions;
  }

  private constructor(options: SessionsOptions, secrets: SessionSecrets) {
    this.#options = options;
    this.#secrets = secrets;
  }

  /** Begins a session. @returns its token; undefined when the principal does not fit into a cookie. */
  begin(principal: Principal): string | undefined {
    const { clock, lifetimeMs, credentialOf } = this.#options;
    const credential = credentialOf(principal);
    // Later than all sessions of the principal that were ended at once, also in the same second.
    const ended = this.#secrets.endedUntil.get(nameOf(principal)) ?? 0;
    const end = Math.max(Math.floor((clock.now() + lifetimeMs) / 1000), ended + 1);
    return sessionToken(
      { id: randomUUID(), principal, credential: this.#digest(credential ?? ''), end },
      this.#secrets.key,
    );
  }

  /** Returns the session of a token; undefined when it is forged, too old, signed out, or its credential is another one now. */
  of(token: string): Session | undefined {
    const session = readSessionToken(token, this.#secrets.key, this.#options.clock.now());
    return session && this.#counts(session) ? session : undefined;
  }

  /** Ends a session for good, with what it has open. Resolves when the next process of the master knows it, too. */
  async end({ id, end, principal }: Session): Promise<void> {
    const name = nameOf(principal);
    this.#forgetOver();
    const { signedOut } = this.#secrets;
    signedOut.set(id, { principal: name, end });
    this.#endAll(id);
    let own = 0;
    for (const each of signedOut.values()) if (each.principal === name) own++;
    if (own > mostSignedOut) this.#endAllOf(name);
    else if (signedOut.size > mostSignedOutInAll) {
      this.#secrets = newSecrets();
      for (const each of [...this.#ends.keys()]) this.#endAll(each);
    }
    await this.#write();
  }

  /** Forgets sessions that were signed out, and are over by now. */
  #forgetOver(): void {
    const { signedOut, endedUntil } = this.#secrets;
    const now = this.#options.clock.now() / 1000;
    for (const [id, { end }] of signedOut) if (end < now) signedOut.delete(id);
    for (const [principal, end] of endedUntil) if (end < now) endedUntil.delete(principal);
  }

  /** Ends all sessions of a principal, for which one note is enough. */
  #endAllOf(principal: string): void {
    const { signedOut, endedUntil } = this.#secrets;
    const { clock, lifetimeMs } = this.#options;
    const latest = Math.floor((clock.now() + lifetimeMs) / 1000);
    // Sessions that began after an earlier such end may end later.
    endedUntil.set(principal, Math.max(latest, (endedUntil.get(principal) ?? 0) + 1));
    for (const [id, each] of signedOut) if (each.principal === principal) signedOut.delete(id);
    for (const [id, each] of [...this.#ends]) if (each.principal === principal) this.#endAll(id);
  }

  /** Calls `end` when a session ends, at once when it has. @returns a function that takes this back. */
  onEnd(session: Session, end: () => void): () => void {
    const { id, end: at, principal } = session;
    if (!this.#counts(session)) {
      end(); // while the request was on its way
      return () => undefined;
    }
    const { clock } = this.#options;
    const known = this.#ends.get(id) ?? {
      principal: nameOf(principal),
      ends: new Set(),
      cancel: clock.after(at * 1000 - clock.now(), () => this.#endAll(id)),
    };
    this.#ends.set(id, known);
    known.ends.add(end);
    return () => {
      known.ends.delete(end);
      if (known.ends.size > 0 || this.#ends.get(id) !== known) return;
      known.cancel();
      this.#ends.delete(id);
    };
  }

  /** Tells whether a session is not signed out, and begun with the key and the credential of now. */
  #counts({ id, principal, credential: proof, end }: Session): boolean {
    const { signedOut, endedUntil } = this.#secrets;
    if (signedOut.has(id) || end <= (endedUntil.get(nameOf(principal)) ?? 0)) return false;
    const credential = this.#options.credentialOf(principal);
    return credential !== undefined && this.#digest(credential) === proof;
  }

  #endAll(id: string): void {
    const known = this.#ends.get(id);
    this.#ends.delete(id);
    known?.cancel();
    for (const end of known?.ends ?? []) end();
  }

  #digest(credential: string): string {
    return createHmac('sha256', this.#secrets.key).update(credential).digest('base64url');
  }

  /** Writes the file. Signing out works also when the disk cannot be written. */
  #write(): Promise<void> {
    const { file, log } = this.#options;
    if (file === undefined) return Promise.resolve();
    this.#writing = this.#writing
      .then(() => writeSecrets(file, this.#secrets))
      .catch(error =>
        log.warning('Cannot store which browsers have signed out; a restarted master would take their cookies again', {
          file,
          error,
        }),
      );
    return this.#writing;
  }
}

function nameOf({ value = '' }: Principal): string {
  return value;
}

function unusable(error: Error, file: string, log: Logger): undefined {
  const why = error instanceof SessionFileError ? { why: error.message } : { error };
  log.warning('The key of the web UI cannot be used and is replaced: all browsers must sign in again', {
    file,
    ...why,
  });
}
