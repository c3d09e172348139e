/** The browsers that have signed in to the web UI. */
import { createHmac, randomUUID } from 'node:crypto';
import type { Principal } from '@meseta/process';
import type { Clock } from '@meseta/system';
import type { Logger } from '@meseta/telemetry';
import { newSecrets, readSecrets, SessionFileError, type SessionSecrets, writeSecrets } from './key-file.ts';
import { readSessionToken, type Session, sessionToken } from './token.ts';

/** So many sessions that were signed out are remembered. One more, and the key is replaced: all browsers must sign in again. */
const mostSignedOut = 10_000;

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

/** Begins and ends sessions. What a session is stands in its token, so that any number of them takes no memory. */
export class Sessions {
  readonly #options: SessionsOptions;
  #secrets: SessionSecrets;
  #writing: Promise<void> = Promise.resolve();
  /** What ends with a session, by its id: streams that it opened. */
  readonly #ends = new Map<string, { readonly ends: Set<() => void>; readonly cancel: () => void }>();

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
    const end = Math.floor((clock.now() + lifetimeMs) / 1000);
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
  async end({ id, end }: Session): Promise<void> {
    const { signedOut } = this.#secrets;
    const now = this.#options.clock.now() / 1000;
    // Oldest first: what is over behind one that is not goes with it, a little later.
    for (const [each, itsEnd] of signedOut) {
      if (itsEnd >= now) break;
      signedOut.delete(each);
    }
    signedOut.set(id, end);
    const isFull = signedOut.size > mostSignedOut;
    if (isFull) this.#secrets = newSecrets();
    for (const each of isFull ? [...this.#ends.keys()] : [id]) this.#endAll(each);
    await this.#write();
  }

  /** Calls `end` when a session ends, at once when it has. @returns a function that takes this back. */
  onEnd(session: Session, end: () => void): () => void {
    const { id, end: at } = session;
    if (!this.#counts(session)) {
      end(); // while the request was on its way
      return () => undefined;
    }
    const { clock } = this.#options;
    const known = this.#ends.get(id) ?? {
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
  #counts({ id, principal, credential: proof }: Session): boolean {
    if (this.#secrets.signedOut.has(id)) return false;
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

function unusable(error: Error, file: string, log: Logger): undefined {
  const why = error instanceof SessionFileError ? { why: error.message } : { error };
  log.warning('The key of the web UI cannot be used and is replaced: all browsers must sign in again', {
    file,
    ...why,
  });
}
