import { createHash, type Hash } from 'node:crypto';

/** The digest of some bytes, `sha256:<hex>` or `sha512:<hex>`. It was checked to be one, so it can be part of a path. */
export type Digest = string & { readonly __digest: true };

const lengths: Readonly<Record<string, number>> = { sha256: 64, sha512: 128 };

/** Tells whether a text is a digest of an algorithm that this agent can compute. */
export function isDigest(text: unknown): text is Digest {
  if (typeof text !== 'string') return false;
  const [, algorithm = '', hex = ''] = /^([a-z0-9]+):([0-9a-f]+)$/.exec(text) ?? [];
  return lengths[algorithm] === hex.length;
}

/** Returns a hash that computes digests of the same kind as `digest`. */
export function hashOf(digest: Digest): Hash {
  return createHash(digest.slice(0, digest.indexOf(':')));
}

/** Returns the digest that a hash of `hashOf(like)` has computed. The hash cannot be used any more. */
export function digestFrom(hash: Hash, like: Digest): Digest {
  return `${like.slice(0, like.indexOf(':'))}:${hash.digest('hex')}` as Digest;
}

/** Returns the digest of some bytes. */
export function sha256(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
}

/** Returns the digest as the name of a file: the algorithm is part of it unless it is the usual one. */
export function digestName(digest: Digest): string {
  return digest.replace(/^sha256:/, '').replace(':', '-');
}
