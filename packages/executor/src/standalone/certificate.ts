import { X509Certificate } from 'node:crypto';

const firstBlock = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/;

/**
 * Computes when a task is to be ended, so that it does not outlive its certificate.
 *
 * @param pem the certificate (`CERTIFICATE` of the task's environment); its first PEM block counts.
 * @param rangeMs the task ends up to this long before the certificate expires, at random.
 * @param random in [0, 1).
 * @returns milliseconds since the epoch.
 * @throws when the certificate is missing or unreadable, or when that moment has passed.
 */
export function certificateEndMs(pem: string | undefined, rangeMs: number, nowMs: number, random: number): number {
  if (!pem) throw new Error('Problem with certificate: CERTIFICATE is not set in the environment of the task');
  const block = firstBlock.exec(pem)?.[0];
  if (block === undefined) throw new Error('Problem with certificate: CERTIFICATE contains no PEM certificate');
  const expiresMs = readExpiry(block);
  const endMs = expiresMs - random * rangeMs;
  if (endMs > nowMs) return endMs;
  throw new Error(
    `Problem with certificate: it expires at ${new Date(expiresMs).toISOString()}, too soon to start the task`,
  );
}

function readExpiry(block: string): number {
  try {
    return new X509Certificate(block).validToDate.getTime();
  } catch (cause) {
    throw new Error(`Problem with certificate: it cannot be read: ${(cause as Error).message}`, { cause });
  }
}
