import { type Digest, digestFrom, hashOf } from '../docker/digest.ts';
import { readImageConfig } from '../docker/image-config.ts';
import { assertLayerSupported, type Manifest, machinePlatform, parseObject, readManifest } from '../docker/manifest.ts';
import { formatReference, type ImageReference } from '../docker/reference.ts';
import { ImageError } from '../image-error.ts';
import { type Blobs, readBlob } from './blobs.ts';
import type { PullableImage } from './puller.ts';

const maximumLists = 3;
const refName = 'org.opencontainers.image.ref.name';

/**
 * Finds an image in an OCI layout: `index.json`, and blobs by their digests.
 *
 * @throws {ImageError}
 * @see https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export async function findInLayout(blobs: Blobs, reference: ImageReference): Promise<PullableImage> {
  const index = parseObject((await readBlob(blobs, 'index.json')).toString('utf8'), 'index.json');
  const digest = chosen(index.manifests, reference, blobs.place);
  const manifest = await readManifests(blobs, index, digest);
  const config = await verifiedBlob(blobs, manifest.config.digest);
  const { diffIds } = readImageConfig(config);
  if (diffIds.length !== manifest.layers.length) {
    throw new ImageError('INVALID', 'Its manifest and its configuration have different numbers of layers');
  }
  manifest.layers.forEach(assertLayerSupported);
  const layers = manifest.layers.map((layer, position) => ({
    diffId: diffIds[position] as Digest,
    fetch: async () => {
      const part = await blobs.part(blobName(layer.digest));
      if (part === undefined) throw new ImageError('INVALID', `'${blobs.place}' lacks its layer ${layer.digest}`);
      return { part, digest: layer.digest };
    },
  }));
  return { digest: digest ?? manifest.config.digest, config, layers };
}

/** Returns the digest of the image with this tag or digest; undefined when the index itself is to be read. */
function chosen(manifests: unknown, { repository, ...reference }: ImageReference, place: string): Digest | undefined {
  if (!Array.isArray(manifests)) throw new ImageError('INVALID', `'${place}' has an index.json without manifests`);
  const entries = manifests as { readonly digest?: Digest; readonly annotations?: Record<string, string> }[];
  if (reference.digest !== undefined) return reference.digest;
  const names = new Set([reference.tag ?? 'latest', formatReference({ repository, ...reference })]);
  const named = entries.filter(({ annotations }) => names.has(annotations?.[refName] ?? ''));
  if (named.length === 1) return named[0]?.digest;
  const others = entries.flatMap(({ annotations }) => annotations?.[refName] ?? []);
  if (named.length === 0 && others.length > 1) {
    throw new ImageError(
      'NOT_FOUND',
      `'${place}' has no image of the tag '${reference.tag ?? 'latest'}', but ${others.join(', ')}`,
    );
  }
  return entries.length === 1 ? entries[0]?.digest : undefined; // else a list of platforms
}

async function readManifests(
  blobs: Blobs,
  index: Record<string, unknown>,
  digest: Digest | undefined,
): Promise<Manifest> {
  let text = digest === undefined ? JSON.stringify(index) : await verifiedBlob(blobs, digest);
  for (let lists = 0; lists <= maximumLists; lists++) {
    const found = readManifest(text, undefined, machinePlatform());
    if ('manifest' in found) return found.manifest;
    text = await verifiedBlob(blobs, found.next.digest);
  }
  throw new ImageError('INVALID', `Its list of manifests leads to another list more than ${maximumLists} times`);
}

async function verifiedBlob(blobs: Blobs, digest: Digest): Promise<string> {
  const bytes = await readBlob(blobs, blobName(digest));
  const found = digestFrom(hashOf(digest).update(bytes), digest);
  if (found === digest) return bytes.toString('utf8');
  throw new ImageError(
    'DIGEST',
    `The blob ${digest} in '${blobs.place}' has the digest ${found}: it was damaged or changed`,
  );
}

function blobName(digest: Digest): string {
  return `blobs/${digest.replace(':', '/')}`;
}
