/**
 * Parses and formats sizes as Mesos does: a whole number directly followed by `B`, `KB`, `MB`, `GB` or `TB`, powers of
 * 1024.
 */

const units = ['B', 'KB', 'MB', 'GB', 'TB'];

/**
 * Parses a size.
 *
 * @returns bytes.
 * @throws {Error} with Mesos's message.
 * @see Mesos stout/bytes.hpp, Bytes::parse
 */
export function parseBytes(text: string): number {
  const match = /^(\d*)(\D.*)$/s.exec(text);
  if (!match || match[1] === '') {
    throw new Error(`Invalid bytes '${text}': expecting a whole number and a unit, such as 64MB`);
  }
  const [, digits = '', rest = ''] = match;
  if (rest.startsWith('.')) throw new Error(`Fractional bytes '${text}'`);
  const power = units.indexOf(rest.toUpperCase());
  if (power < 0) throw new Error(`Unknown bytes unit '${rest.toUpperCase()}'`);
  const bytes = Number(digits) * 1024 ** power;
  if (!Number.isSafeInteger(bytes)) throw new Error(`Failed to convert '${digits}' to number`);
  return bytes;
}

/** Formats a size in the largest unit that represents it exactly (`4KB`, `1025B`). */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let power = 0;
  while (value !== 0 && value % 1024 === 0 && power < units.length - 1) {
    value /= 1024;
    power++;
  }
  return `${value}${units[power]}`;
}
