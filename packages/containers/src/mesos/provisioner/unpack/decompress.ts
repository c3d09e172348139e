import type { Readable, Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { LayerError } from './layer-error.ts';

/** How a blob is compressed, by its first bytes; media types are sometimes wrong. */
type Compression = 'none' | 'gzip' | 'zstd' | 'bzip2' | 'xz';

const magics: readonly (readonly [Compression, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
];

/** The number of bytes of a blob that `decompressed` has to see. */
export const magicLength = 5;

/**
 * Returns the contents of a blob without compression.
 *
 * @param start the first bytes of the blob, which `blob` yields again.
 * @throws {LayerError} when it is compressed in a way that images do not use.
 */
export function decompressed(blob: Readable, start: Buffer): Readable {
  const [compression = 'none'] = magics.find(([, magic]) => magic.every((byte, index) => start[index] === byte)) ?? [];
  switch (compression) {
    case 'none':
      return blob;
    case 'gzip':
      return through(blob, createGunzip({ chunkSize: 256 * 1024 }));
    case 'zstd':
      return through(blob, createZstdDecompress({ chunkSize: 256 * 1024 }));
    case 'bzip2':
    case 'xz':
      throw new LayerError(
        `it is compressed with ${compression}; layers are compressed with gzip or zstd, or not at all`,
      );
    default:
      throw new Error(`unhandled compression ${compression satisfies never}`);
  }
}

function through(blob: Readable, transform: Transform): Readable {
  blob.on('error', error => transform.destroy(error));
  transform.on('close', () => blob.destroy());
  return blob.pipe(transform);
}
