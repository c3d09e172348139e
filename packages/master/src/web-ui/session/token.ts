/**
 * The cookie by which a browser stays signed in, and what is in it. Pure.
 *
 * Its value is a JSON web token with these claims: `iss`, that it is of the web UI; `jti`, the id of the session; `sub` and `claims`,
 * the principal; `cred`, the credential that proved it; `exp`, the end. Only the master that has the key can make one.
 */
import { readJwt, signJwt } from '@meseta/daemon';
import type { Principal } from '@meseta/process';

/** The name of the cookie. */
export const sessionCookie = 'meseta_session';

const issuer = 'meseta-web-ui';
/** Browsers keep cookies of 4 KiB, with their attributes. */
const longestToken = 3800;

/** What the master knows of a browser that has signed in. */
export interface Session {
  readonly id: string;
  readonly principal: Principal;
  /** Changes when the credential of the principal does. */
  readonly credential: string;
  /** Seconds since the epoch. */
  readonly end: number;
}

/** Makes the token of a session. @returns undefined when it is too long for a cookie. */
export function sessionToken({ id, principal, credential, end }: Session, key: Buffer): string | undefined {
  const { value, claims } = principal;
  const token = signJwt(
    { iss: issuer, jti: id, sub: value, ...(claims && { claims }), cred: credential, exp: end },
    key,
  );
  return token.length <= longestToken ? token : undefined;
}

/** Reads a token. @param nowMs milliseconds since the epoch. @returns undefined when it is forged, too old, or another one. */
export function readSessionToken(token: string, key: Buffer, nowMs: number): Session | undefined {
  if (token.length > longestToken) return undefined;
  const reading = readJwt(token, key, nowMs);
  if (reading.problem !== undefined) return undefined;
  const { iss, jti, sub, claims, cred, exp } = reading.claims;
  if (iss !== issuer || typeof jti !== 'string' || typeof cred !== 'string' || typeof exp !== 'number')
    return undefined;
  if (typeof sub !== 'string') return undefined;
  const principal = { value: sub, ...(claims !== undefined && { claims: claims as Record<string, string> }) };
  return { id: jti, principal, credential: cred, end: exp };
}

/**
 * Returns the token in the header Cookie. Undefined also when there are two: another page of the domain may have added one of its own,
 * and which one came first is not known.
 */
export function tokenIn(cookies: string | undefined): string | undefined {
  if (!cookies?.includes(sessionCookie)) return undefined;
  const tokens = cookies.split(';').flatMap(cookie => {
    const [name, ...value] = cookie.split('=');
    return name?.trim() === sessionCookie ? [value.join('=').trim()] : [];
  });
  return tokens.length === 1 ? tokens[0] : undefined;
}

/**
 * Returns the header Set-Cookie. The browser forgets the cookie when it ends; scripts cannot read it, and requests of other sites do not
 * carry it.
 *
 * @param token undefined: the browser forgets it now.
 */
export function setCookie(token: string | undefined, { secure }: { readonly secure: boolean }): string {
  const parts = [`${sessionCookie}=${token ?? ''}`, 'Path=/', 'HttpOnly', 'SameSite=Strict'];
  if (secure) parts.push('Secure');
  if (token === undefined) parts.push('Max-Age=0');
  return parts.join('; ');
}
