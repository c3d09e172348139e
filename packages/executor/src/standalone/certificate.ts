import { X509Certificate } from 'node:crypto';

const firstBlock = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/;

/**
 * When a task with that certificate is to be ended.
 *
 * @param pem first block of it counts (`CERTIFICATE` of the task's environment).
 * @param rangeMs the task ends a random part of it before the certificate expires.
 * @param random of [0, 1).
 * @returns milliseconds since the epoch.
 * @throws when it is missing, unreadable, or that moment has passed.
 */
export function certificateEndMs(pem: string | undefined, rangeMs: number, nowMs: number, random: number): number {
  if (!pem) throw new Error('Problem with certificate: CERTIFICATE is not set in the environment of the task');
  const block = firstBlock.exec(pem)?.[0];
  if (block === undefined) throw new Error('Problem with certificate: CERTIFICATE contains no PEM certificate');
  const expiresMs = readExpiry(block);
  const endMs = expiresMs - random * rangeMs;
  if (endMs > nowMs) return endMs;
  throw new Error(`Problem with certificate: it expires at ${new Date(expiresMs).toISOString()}, which is too soon`);
}

function readExpiry(block: string): number {
  try {
    return new X509Certificate(block).validToDate.getTime();
  } catch (cause) {
    throw new Error(`Problem with certificate: it cannot be read: ${(cause as Error).message}`, { cause });
  }
}
