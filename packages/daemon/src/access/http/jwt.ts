/** JSON web tokens with the algorithm HS256: those that agents give their executors. Pure. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { parseJson } from '@meseta/protocol';

/** The claims of a token, and what is wrong with one that is refused. */
export type JwtReading =
  | { readonly claims: Readonly<Record<string, unknown>>; readonly problem?: undefined }
  | { readonly problem: string };

const header = encode({ alg: 'HS256', typ: 'JWT' });
const base64url = /^[\w-]*$/;

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function signature(text: string, key: Buffer): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** Makes a token. The same claims and key make the same token. */
export function signJwt(claims: Readonly<Record<string, unknown>>, key: Buffer): string {
  const text = `${header}.${encode(claims)}`;
  return `${text}.${signature(text, key).toString('base64url')}`;
}

/**
 * Reads a token and checks its signature, and its times `exp` and `nbf` where it has them. The claims are looked at only
 * when the signature is right.
 *
 * @param nowMs milliseconds since the epoch.
 * @returns the claims, or the problem in Mesos's words.
 * @see Mesos 3rdparty/libprocess/src/jwt.cpp, JWT::parse
 */
export function readJwt(token: string, key: Buffer, nowMs: number): JwtReading {
  const parts = token.split('.', 4);
  const [head = '', payload = '', signed = ''] = parts;
  if (parts.length !== 3) return { problem: `Expected 3 components in token, got ${token.split('.').length}` };
  const problem = headerProblem(objectOf(head));
  if (problem !== undefined) return { problem };
  if (!base64url.test(signed)) return { problem: 'Failed to base64url-decode token signature' };
  const given = Buffer.from(signed, 'base64url');
  const right = signature(`${head}.${payload}`, key);
  if (given.length !== right.length || !timingSafeEqual(given, right))
    return { problem: 'Token signature does not match' };
  const claims = objectOf(payload);
  if (typeof claims === 'string') return { problem: `Failed to decode token payload: ${claims}` };
  const late = timeProblem(claims, Math.floor(nowMs / 1000));
  return late === undefined ? { claims } : { problem: late };
}

function headerProblem(fields: Readonly<Record<string, unknown>> | string): string | undefined {
  if (typeof fields === 'string') return `Failed to decode token header: ${fields}`;
  const { typ, alg, crit } = fields;
  if (typ !== undefined && typeof typ !== 'string') return "Token 'typ' is not a string";
  if (alg === undefined) return "Failed to locate 'alg' in token JSON header";
  if (typeof alg !== 'string') return "Token 'alg' field is not a string";
  if (alg === 'none' || alg === 'RS256') return `Token 'alg' value "${alg}" does not match, expected "HS256"`;
  if (alg !== 'HS256') return `Unsupported token algorithm: ${/^\w{1,16}$/.test(alg) ? alg : 'it has no known name'}`;
  return crit === undefined ? undefined : "Token 'crit' field is unsupported";
}

function timeProblem({ exp, nbf }: Readonly<Record<string, unknown>>, now: number): string | undefined {
  if (exp !== undefined && typeof exp !== 'number') return "JSON payload 'exp' field is not a number";
  if (nbf !== undefined && typeof nbf !== 'number') return "JSON payload 'nbf' field is not a number";
  if (exp !== undefined && exp < now) return `Token has expired: exp(${Math.floor(exp)}) < now(${now})`;
  if (nbf !== undefined && nbf > now) return `Token is not valid yet: nbf(${Math.floor(nbf)}) > now(${now})`;
  return undefined;
}

/** Decodes a part of a token; a text when it is none: why not. */
function objectOf(part: string): Readonly<Record<string, unknown>> | string {
  if (!base64url.test(part)) return 'Failed to base64url-decode';
  try {
    const value = parseJson(Buffer.from(part, 'base64url'));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : 'Failed to parse into JSON: it is no object';
  } catch {
    return 'Failed to parse into JSON'; // what the parser says may quote the token
  }
}
