/** Authentication by JSON web tokens, the scheme `Bearer`. */
import type { Clock } from '@meseta/system';
import type { Realm } from '../access-control.ts';
import {
  type AuthenticatedRequest,
  type AuthenticationResult,
  type HttpAuthenticator,
  schemeOf,
} from './authenticator.ts';
import { readJwt } from './jwt.ts';

/**
 * Takes tokens that were made with its key. Their claims are the principal, which has no value.
 *
 * @see Mesos 3rdparty/libprocess/src/jwt_authenticator.cpp
 */
export class BearerAuthenticator implements HttpAuthenticator {
  readonly scheme = 'Bearer';
  readonly #key: Buffer;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(key: Buffer, clock: Pick<Clock, 'now'>) {
    this.#key = key;
    this.#clock = clock;
  }

  authenticate({ headers: { authorization } }: AuthenticatedRequest, realm: Realm): AuthenticationResult {
    if (authorization === undefined) return { unauthorized: { challenge: `Bearer realm="${realm}"` } };
    const refused = (why: string) => ({
      unauthorized: {
        challenge: `Bearer realm="${realm}", error="invalid_token", error_description="${quotable(why)}"`,
      },
    });
    const [scheme, token] = schemeOf(authorization) ?? [];
    if (scheme === undefined || token === undefined) return refused("Malformed 'Authorization' header");
    if (scheme.toLowerCase() !== 'bearer') return refused(unsupported(scheme));
    const reading = readJwt(token, this.#key, this.#clock.now());
    if (reading.problem !== undefined) return refused(`Invalid JWT: ${reading.problem}`);
    const claims = Object.entries(reading.claims).map(([name, value]) => [name, textOf(value)]);
    if (claims.length === 0) return refused('JWT claims missing');
    return { principal: { claims: Object.fromEntries(claims) } };
  }
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

/** Makes a text fit between the quotes of a challenge. */
export const quotable = (text: string) => text.replaceAll(/[\\"]/g, character => `\\${character}`);

/** A word in the place of the scheme is named only when it is one: others may be a secret. */
const unsupported = (scheme: string) =>
  /^(Basic|Digest|Negotiate)$/i.test(scheme) ? `Scheme '${scheme}' unsupported` : 'Scheme unsupported';
