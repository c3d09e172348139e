/**
 * Reads manifests: Docker's schema 2, those of OCI, and lists of manifests for several platforms. All of it comes from
 * the network and is checked here.
 */
import { ImageError } from '../image-error.ts';
import { type Digest, isDigest } from './digest.ts';

/** A blob that a manifest refers to. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
}

/** The manifest of one image: its configuration and its layers, lowest first. */
export interface Manifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/** The platform of an image, in the words of Go: `{ os: 'linux', architecture: 'amd64' }`. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  /** `v7` of `arm`. */
  readonly variant?: string;
}

const dockerManifest = 'application/vnd.docker.distribution.manifest.v2+json';
const dockerList = 'application/vnd.docker.distribution.manifest.list.v2+json';
const ociManifest = 'application/vnd.oci.image.manifest.v1+json';
const ociIndex = 'application/vnd.oci.image.index.v1+json';

/** The media types to ask a registry for. */
export const acceptedManifests: readonly string[] = [dockerManifest, dockerList, ociManifest, ociIndex];

/** Layers of an image; Docker allows 127, and the limit only keeps a manifest from asking for endless work. */
const maximumLayers = 512;

const architectures: Readonly<Record<string, string>> = {
  x64: 'amd64',
  ia32: '386',
  ppc64: 'ppc64le',
  loong64: 'loong64',
};

/** Returns the platform of this machine. */
export function machinePlatform(architecture: string = process.arch): Platform {
  return { os: 'linux', architecture: architectures[architecture] ?? architecture };
}

/**
 * Reads a manifest or a list of manifests. Of a list, the one for the platform is returned, which has to be fetched
 * next.
 *
 * @param contentType what the registry called it; the document's own `mediaType` takes precedence.
 * @throws {ImageError} `UNSUPPORTED` for schema 1 and for other platforms, `INVALID` for anything else.
 */
export function readManifest(
  text: string,
  contentType: string | undefined,
  platform: Platform,
): { readonly manifest: Manifest } | { readonly next: Descriptor } {
  const document = parseObject(text, 'manifest');
  const type = typeof document.mediaType === 'string' ? document.mediaType : contentType?.split(';')[0]?.trim();
  if (document.schemaVersion === 1 || type?.startsWith('application/vnd.docker.distribution.manifest.v1')) {
    const help = 'push it again with a current docker, or rebuild it';
    throw new ImageError('UNSUPPORTED', `Its manifest has the old schema 1, which is not supported: ${help}`);
  }
  if (Array.isArray(document.manifests)) return { next: choose(document.manifests, platform) };
  if (document.schemaVersion !== 2) throw bad('manifest', 'it has no schemaVersion 2');
  return { manifest: { config: descriptor(document.config, 'config'), layers: layersOf(document.layers) } };
}

/** @throws {ImageError} `UNSUPPORTED` for layers that are not in the registry, or encrypted. */
export function assertLayerSupported({ mediaType, digest }: Descriptor): void {
  if (/foreign|nondistributable/.test(mediaType)) {
    const problem = `Its layer ${digest} (${mediaType}) is one that registries do not pass on`;
    throw new ImageError('UNSUPPORTED', `${problem}: images of Windows have such layers, and cannot run here`);
  }
  if (mediaType.includes('encrypted')) {
    throw new ImageError('UNSUPPORTED', `Its layer ${digest} is encrypted, which is not supported`);
  }
}

/** Parses a JSON object that came with an image. @throws {ImageError} `INVALID` */
export function parseObject(text: string, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ImageError('INVALID', `Its ${what} is not JSON`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad(what, 'it is not a JSON object');
  return value as Record<string, unknown>;
}

function layersOf(value: unknown): Descriptor[] {
  if (!Array.isArray(value)) throw bad('manifest', 'it has no list of layers');
  if (value.length > maximumLayers) throw bad('manifest', `it has ${value.length} layers, more than ${maximumLayers}`);
  return value.map((layer, index) => descriptor(layer, `layer ${index + 1}`));
}

function descriptor(value: unknown, what: string): Descriptor {
  const { mediaType, digest, size } = (value ?? {}) as Record<string, unknown>;
  if (!isDigest(digest)) throw bad('manifest', `the ${what} has no digest that can be verified`);
  if (!Number.isSafeInteger(size) || (size as number) < 0) throw bad('manifest', `the ${what} has no size`);
  return { mediaType: typeof mediaType === 'string' ? mediaType : '', digest, size: size as number };
}

/** Returns the manifest of a list for a platform. Without a variant in the list, the architecture is enough. */
function choose(list: readonly unknown[], platform: Platform): Descriptor {
  const entries = list.map(each => ({ each, offered: platformOf(each) }));
  const fitting = entries.filter(({ offered }) => {
    return offered?.os === platform.os && offered.architecture === platform.architecture;
  });
  const found =
    fitting.find(({ offered }) => offered?.variant === platform.variant) ??
    fitting[0] ??
    (entries.length === 1 && entries[0]?.offered === undefined ? entries[0] : undefined);
  if (found !== undefined) return descriptor(found.each, 'manifest of this platform');
  const offers = entries.flatMap(({ offered }) => (offered ? [`${offered.os}/${offered.architecture}`] : []));
  const known = [...new Set(offers)].filter(each => !each.includes('unknown')).join(', ') || 'none';
  throw new ImageError(
    'UNSUPPORTED',
    `It is not made for ${platform.os}/${platform.architecture}; it is made for: ${known}`,
  );
}

function platformOf(entry: unknown): Platform | undefined {
  const { platform } = (entry ?? {}) as { platform?: Record<string, unknown> };
  if (typeof platform?.os !== 'string' || typeof platform.architecture !== 'string') return undefined;
  const { os, architecture, variant } = platform;
  return { os, architecture, ...(typeof variant === 'string' && { variant }) };
}

function bad(what: string, problem: string): ImageError {
  return new ImageError('INVALID', `Its ${what} is invalid: ${problem}`);
}
