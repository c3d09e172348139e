/** CRAM-MD5, RFC 2195, as Cyrus SASL and so Mesos do it: without base64. Pure but for the random bytes. */
import { isUtf8 } from 'node:buffer';
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** The name of the mechanism. */
export const CRAM_MD5 = 'CRAM-MD5';

/** Longest answer and longest challenge, in bytes: as long as Cyrus SASL's buffers for them. */
const longestBytes = 1024;

/** An answer to a challenge, taken apart and not proven yet. */
export interface CramAnswer {
  readonly principal: string;
  /** HMAC-MD5 of the challenge with the secret as key: 32 hexadecimal digits in lower case. */
  readonly digest: string;
}

/**
 * Makes a challenge that was never used before: 128 random bits, and the time.
 *
 * @param host names the server, as RFC 2195 asks for.
 * @param nowMs milliseconds since the epoch.
 */
export function newChallenge(host: string, nowMs: number): string {
  const random = BigInt(`0x${randomBytes(16).toString('hex')}`);
  return `<${random}.${Math.floor(nowMs / 1000)}@${host}>`;
}

/** Whether a challenge of a server can be answered. */
export function isChallenge(challenge: Uint8Array): boolean {
  return challenge.length > 0 && challenge.length <= longestBytes;
}

/** Returns the answer of who has a principal's secret. */
export function answerTo(challenge: Uint8Array, principal: string, secret: string): Buffer {
  return Buffer.from(`${principal} ${digestOf(challenge, secret)}`);
}

/** Takes an answer apart; undefined when it is none. The principal may contain spaces. */
export function parseAnswer(data: Uint8Array): CramAnswer | undefined {
  if (data.length > longestBytes || !isUtf8(data)) return undefined;
  const [, principal, digest] = /^([^\0]+) ([0-9a-f]{32})$/s.exec(Buffer.from(data).toString()) ?? [];
  return principal === undefined || digest === undefined ? undefined : { principal, digest };
}

/**
 * Tells whether an answer proves that its sender has the secret. Takes as long for a principal without a secret as for
 * a wrong digest.
 *
 * @param secret of the answer's principal; undefined when there is no such principal.
 */
export function isRight({ digest }: CramAnswer, challenge: Uint8Array, secret: string | undefined): boolean {
  const expected = digestOf(challenge, secret ?? 'none');
  const equal = timingSafeEqual(Buffer.from(digest), Buffer.from(expected));
  return equal && secret !== undefined;
}

function digestOf(challenge: Uint8Array, secret: string): string {
  return createHmac('md5', secret).update(challenge).digest('hex');
}
