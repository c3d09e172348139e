/** Authentication by name and password, the scheme `Basic`. */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Realm } from '../access-control.ts';
import {
  type AuthenticatedRequest,
  type AuthenticationResult,
  type HttpAuthenticator,
  schemeOf,
} from './authenticator.ts';

const base64 = /^[A-Za-z0-9+/]+={0,2}$/;
const colon = 0x3a;

/**
 * Knows principals by their secrets. Keeps a keyed digest of each secret and not the secret itself; digests have one
 * length and are compared in constant time, also those of principals that do not exist.
 *
 * A secret may contain colons, which Mesos does not allow.
 *
 * @see Mesos 3rdparty/libprocess/src/authenticator.cpp, BasicAuthenticatorProcess
 */
export class BasicAuthenticator implements HttpAuthenticator {
  readonly scheme = 'Basic';
  readonly #key = randomBytes(32);
  readonly #digests: ReadonlyMap<string, Buffer>;
  /** Compared with for principals that do not exist. No secret has it. */
  readonly #noDigest = randomBytes(32);

  /** @param secrets by principal. No client can authenticate with an empty one. */
  constructor(secrets: ReadonlyMap<string, string>) {
    const known = [...secrets].filter(([, secret]) => secret !== '');
    this.#digests = new Map(known.map(([principal, secret]) => [principal, this.#digest(Buffer.from(secret))]));
  }

  authenticate({ headers }: AuthenticatedRequest, realm: Realm): AuthenticationResult {
    const value = this.#principalOf(headers.authorization);
    return value === undefined ? { unauthorized: { challenge: `Basic realm="${realm}"` } } : { principal: { value } };
  }

  #principalOf(authorization: string | undefined): string | undefined {
    const [scheme, encoded = ''] = (authorization && schemeOf(authorization)) || [];
    if (scheme?.toLowerCase() !== 'basic' || !base64.test(encoded)) return undefined;
    const decoded = Buffer.from(encoded, 'base64');
    const end = decoded.indexOf(colon);
    if (end < 0) return undefined;
    const principal = decoded.toString('utf8', 0, end);
    const known = this.#digests.get(principal) ?? this.#noDigest;
    return timingSafeEqual(known, this.#digest(decoded.subarray(end + 1))) ? principal : undefined;
  }

  #digest(secret: Buffer): Buffer {
    return hash('sha256', Buffer.concat([this.#key, secret]), 'buffer');
  }
}
