/**
 * Tokens by which a master says to an agent for whom it asks. Pure, except for reading the key.
 *
 * A token is a JSON web token with these claims: `iss`, that it comes from a master; `sub`, the principal; `aud`, the id of
 * the one agent that may take it; `exp`, its end. Every daemon with the key can make tokens, and no other.
 */
import { parseJson } from '@meseta/protocol';
import { readSecretKey, SecretKeyError } from '../secret-key.ts';
import { readJwt, signJwt } from './jwt.ts';

const issuer = 'meseta-master';
/** A token is sent at once. The rest is for clocks that differ. */
const validSeconds = 60;
/** HMAC with SHA-256 is as strong as its key up to this length. */
const leastKeyBytes = 32;

/** What a token says. */
export interface ProxyClaims {
  readonly principal: string;
  readonly agentId: string;
}

/** Makes a token. @param nowMs milliseconds since the epoch. */
export function proxyToken({ principal, agentId }: ProxyClaims, key: Buffer, nowMs: number): string {
  const exp = Math.floor(nowMs / 1000) + validSeconds;
  return signJwt({ iss: issuer, sub: principal, aud: agentId, exp }, key);
}

/** The principal that a token names, or why the token is refused. */
export type ProxyTokenReading = { readonly principal: string } | { readonly problem: string };

/**
 * Reads a token.
 *
 * @param agentId of the agent that reads it; undefined: it has none yet, and takes no token.
 */
export function readProxyToken(
  token: string,
  key: Buffer,
  agentId: string | undefined,
  nowMs: number,
): ProxyTokenReading {
  const reading = readJwt(token, key, nowMs);
  if (reading.problem !== undefined) return { problem: reading.problem };
  const { iss, sub, aud, exp } = reading.claims;
  if (iss !== issuer) return { problem: 'Token is not of a master' };
  if (agentId === undefined || aud !== agentId) return { problem: 'Token is for another agent' };
  if (typeof exp !== 'number') return { problem: 'Token has no end' };
  if (exp > nowMs / 1000 + 2 * validSeconds) return { problem: 'Token is valid for too long: clocks differ' };
  return typeof sub === 'string' && sub !== '' ? { principal: sub } : { problem: 'Token names no principal' };
}

/** Tells whether a token claims to be of a master, right or not: other tokens are for other authenticators. */
export function claimsToBeOfMaster(token: string): boolean {
  const [, payload = ''] = token.split('.', 3);
  try {
    return (parseJson(Buffer.from(payload, 'base64url')) as { iss?: unknown } | null)?.iss === issuer;
  } catch {
    return false; // a token of another kind
  }
}

/** Reads the file of `--agent_proxy_key`. @throws {SecretKeyError} */
export function readProxyKey(path: string): Buffer {
  const flag = '--agent_proxy_key';
  const key = readSecretKey(path, { flag, name: 'agent proxy', isPrivate: true, warn: () => undefined });
  if (key.length >= leastKeyBytes) return key;
  throw new SecretKeyError(
    `The key in '${path}' (${flag}) has ${key.length} bytes, and needs at least ${leastKeyBytes} random ones: head -c 32 /dev/urandom`,
  );
}
