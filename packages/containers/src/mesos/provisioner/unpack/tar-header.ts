import { LayerError, shownPath } from './layer-error.ts';

/** The size of a block of an archive. */
export const blockSize = 512;

/** What one block at the start of an entry says. Texts are bytes, one character each. */
export interface TarHeader {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since the epoch. */
  readonly mtime: number;
  readonly linkName: string;
  readonly major: number;
  readonly minor: number;
}

/**
 * Reads the header of an entry: of POSIX (ustar), of GNU tar or of the oldest tar.
 *
 * @returns undefined for a block of zeros, which marks the end.
 * @throws {LayerError} when the checksum or a number is wrong.
 */
export function readHeader(block: Buffer): TarHeader | undefined {
  if (block.every(byte => byte === 0)) return undefined;
  const name = text(block, 0, 100);
  if (!hasItsChecksum(block)) {
    throw new LayerError('it is not a tar archive, or is damaged (a header has a wrong checksum)');
  }
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? text(block, 345, 155) : '';
  const numberAt = (offset: number, length: number) => number(block, offset, length, name);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    type: block.toString('latin1', 156, 157),
    size: numberAt(124, 12),
    mode: numberAt(100, 8),
    uid: numberAt(108, 8),
    gid: numberAt(116, 8),
    mtime: numberAt(136, 12),
    linkName: text(block, 157, 100),
    major: numberAt(329, 8),
    minor: numberAt(337, 8),
  };
}

/** Reads a number of a header: octal digits, or with the first bit set the bytes of the number itself. */
export function number(block: Buffer, offset: number, length: number, entry: string): number {
  const first = block[offset] ?? 0;
  if ((first & 0x80) !== 0) return binary(block.subarray(offset, offset + length), entry);
  const digits = text(block, offset, length).trim();
  if (digits === '') return 0;
  if (!/^[0-7]+$/.test(digits))
    throw new LayerError('its header has a number that is none', { entry: shownPath(entry) });
  return Number.parseInt(digits, 8);
}

function binary(bytes: Buffer, entry: string): number {
  const bits = BigInt(bytes.length * 8 - 1);
  const raw = BigInt(`0x${bytes.toString('hex')}`) & ((1n << bits) - 1n);
  const value = Number(BigInt.asIntN(Number(bits), raw));
  if (!Number.isSafeInteger(value)) {
    throw new LayerError('its header has a number that is too large', { entry: shownPath(entry) });
  }
  return value;
}

function hasItsChecksum(block: Buffer): boolean {
  let sum = 8 * 0x20; // the checksum's own field counts as spaces
  for (let index = 0; index < blockSize; index++) if (index < 148 || index >= 156) sum += block[index] ?? 0;
  const digits = text(block, 148, 8).trim();
  return /^[0-7]+$/.test(digits) && Number.parseInt(digits, 8) === sum;
}

function text(block: Buffer, offset: number, length: number): string {
  const field = block.toString('latin1', offset, offset + length);
  const end = field.indexOf('\0');
  return end < 0 ? field : field.slice(0, end);
}
