/** For tests: makes images, and brings them to registries, archives and layouts. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Digest, sha256 } from '../docker/digest.ts';
import { machinePlatform } from '../docker/manifest.ts';
import { file, tar } from './tar.ts';

/** An image as a registry has it. */
export interface TestImage {
  readonly config: Buffer;
  /** Uncompressed, lowest first. */
  readonly contents: readonly Buffer[];
  /** As they are in a registry. */
  readonly blobs: readonly Buffer[];
  readonly manifest: Buffer;
  readonly mediaType: string;
}

/** How an image is made. */
export interface ImageSettings {
  /** The field `config` of its configuration. */
  readonly config?: Record<string, unknown>;
  readonly compress?: (contents: Buffer) => Buffer;
  /** The manifest is that of OCI. */
  readonly oci?: boolean;
  readonly architecture?: string;
}

const docker = 'application/vnd.docker';
const oci = 'application/vnd.oci.image';

/** Makes an image of layers, lowest first. */
export function makeImage(contents: readonly Buffer[], settings: ImageSettings = {}): TestImage {
  const { compress = gzipSync, oci: isOci = false, architecture = machinePlatform().architecture } = settings;
  const diffIds = contents.map(each => sha256(each));
  const rootfs = { type: 'layers', diff_ids: diffIds };
  const config = Buffer.from(JSON.stringify({ architecture, os: 'linux', config: settings.config ?? {}, rootfs }));
  const blobs = contents.map(each => compress(each));
  const types = isOci
    ? { manifest: `${oci}.manifest.v1+json`, config: `${oci}.config.v1+json`, layer: `${oci}.layer.v1.tar+gzip` }
    : {
        manifest: `${docker}.distribution.manifest.v2+json`,
        config: `${docker}.container.image.v1+json`,
        layer: `${docker}.image.rootfs.diff.tar.gzip`,
      };
  const manifest = {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: descriptor(types.config, config),
    layers: blobs.map(blob => descriptor(types.layer, blob)),
  };
  return { config, contents, blobs, manifest: Buffer.from(JSON.stringify(manifest)), mediaType: types.manifest };
}

/** Makes a list of images for several platforms. */
export function makeList(images: readonly { readonly image: TestImage; readonly architecture: string }[]): TestImage {
  const manifests = images.map(({ image, architecture }) => ({
    ...descriptor(image.mediaType, image.manifest),
    platform: { os: 'linux', architecture },
  }));
  const mediaType = `${docker}.distribution.manifest.list.v2+json`;
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests }));
  return { config: Buffer.from('{}'), contents: [], blobs: [], manifest, mediaType };
}

/** Pushes an image, as docker push does. */
export async function push(
  origin: string,
  repository: string,
  reference: string,
  image: TestImage,
  headers: Record<string, string> = {},
): Promise<void> {
  const blobs = image.blobs.length === 0 ? [] : [image.config, ...image.blobs];
  for (const blob of blobs) {
    const started = await checked(`${origin}/v2/${repository}/blobs/uploads/`, { method: 'POST', headers });
    const location = new URL(started.headers.get('location') ?? '', origin);
    location.searchParams.set('digest', sha256(blob));
    const type = { 'content-type': 'application/octet-stream' };
    await checked(location.href, { method: 'PUT', headers: { ...headers, ...type }, body: new Uint8Array(blob) });
  }
  await checked(`${origin}/v2/${repository}/manifests/${reference}`, {
    method: 'PUT',
    headers: { ...headers, 'content-type': image.mediaType },
    body: new Uint8Array(image.manifest),
  });
}

async function checked(url: string, request: RequestInit): Promise<Response> {
  const response = await fetch(url, request);
  const text = await response.text();
  if (!response.ok) throw new Error(`${request.method} ${url}: ${response.status} ${text}`);
  return response;
}

/** Returns what docker save writes for an image. */
export function dockerArchive(image: TestImage, ...tags: readonly string[]): Buffer {
  const config = `${sha256(image.config).slice('sha256:'.length)}.json`;
  const layers = image.contents.map((_, index) => `layer${index}/layer.tar`);
  const manifest = JSON.stringify([{ Config: config, RepoTags: tags, Layers: layers }]);
  return tar(
    ...image.contents.map((each, index) => file(layers[index] ?? '', each)),
    file(config, image.config),
    file('manifest.json', manifest),
  );
}

/** Returns the files of an OCI layout. */
export function ociLayout(images: Readonly<Record<string, TestImage>>): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  files.set('oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}'));
  const put = (bytes: Buffer) => files.set(`blobs/sha256/${sha256(bytes).slice('sha256:'.length)}`, bytes);
  for (const image of Object.values(images)) [image.manifest, image.config, ...image.blobs].forEach(put);
  const manifests = Object.entries(images).map(([tag, image]) => ({
    ...descriptor(image.mediaType, image.manifest),
    annotations: { 'org.opencontainers.image.ref.name': tag },
  }));
  files.set('index.json', Buffer.from(JSON.stringify({ schemaVersion: 2, manifests })));
  return files;
}

/** Writes files below a directory. */
export function writeFiles(directory: string, files: ReadonlyMap<string, Buffer>): void {
  for (const [name, bytes] of files) {
    mkdirSync(join(directory, name, '..'), { recursive: true });
    writeFileSync(join(directory, name), bytes);
  }
}

function descriptor(mediaType: string, bytes: Buffer): { mediaType: string; size: number; digest: Digest } {
  return { mediaType, size: bytes.length, digest: sha256(bytes) };
}
