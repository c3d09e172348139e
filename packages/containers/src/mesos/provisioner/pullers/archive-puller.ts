import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, sha256 } from '../docker/digest.ts';
import type { DockerAccounts } from '../docker/docker-config.ts';
import { readImageConfig } from '../docker/image-config.ts';
import { formatReference, type ImageReference } from '../docker/reference.ts';
import { ImageError } from '../image-error.ts';
import { absent, archiveBlobs, type Blobs, directoryBlobs, readBlob } from './blobs.ts';
import { findInLayout } from './oci-layout.ts';
import type { PullableImage, Puller } from './puller.ts';

/** An image in the `manifest.json` that docker save writes. */
interface SavedImage {
  readonly Config: string;
  readonly RepoTags: readonly string[];
  readonly Layers: readonly string[];
}

/**
 * Finds images in a directory of archives, which docker save or another tool wrote: `NAME:TAG.tar`, or `NAME.tar` for
 * the tag `latest`. Also OCI layouts, as archives or as directories `NAME:TAG` and `NAME`.
 *
 * @see Mesos src/slave/containerizer/mesos/provisioner/docker/image_tar_puller.cpp
 */
export class ArchivePuller implements Puller {
  readonly #directory: string;

  /** @param directory `--docker_registry`. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  async find(reference: ImageReference, _accounts: DockerAccounts, signal: AbortSignal): Promise<PullableImage> {
    const blobs = await this.#open(reference);
    signal.throwIfAborted();
    if ((await blobs.part('manifest.json')) !== undefined) return findSaved(blobs, reference);
    if ((await blobs.part('index.json')) !== undefined) return findInLayout(blobs, reference);
    throw new ImageError('INVALID', `'${blobs.place}' has no image: neither a manifest.json nor an index.json`);
  }

  async close(): Promise<void> {}

  async #open(reference: ImageReference): Promise<Blobs> {
    const names = fileNames(reference);
    for (const name of names) {
      const path = join(this.#directory, name);
      if ((await stat(`${path}.tar`).catch(absent))?.isFile()) return archiveBlobs(`${path}.tar`);
      if ((await stat(join(path, 'index.json')).catch(absent))?.isFile()) return directoryBlobs(path);
    }
    const looked = names.map(name => `'${name}.tar'`).join(' or ');
    throw new ImageError('NOT_FOUND', `The directory '${this.#directory}' of --docker_registry has no ${looked}`);
  }
}

/** Returns the names that an image's archive may have, without `.tar`. */
export function fileNames({ registry, repository, tag = 'latest' }: ImageReference): string[] {
  const name = registry === undefined ? repository : `${registry}/${repository}`;
  return tag === 'latest' ? [`${name}:latest`, name] : [`${name}:${tag}`];
}

/** Finds an image in what docker save wrote. Its contents are verified by the digests in its configuration. */
async function findSaved(blobs: Blobs, reference: ImageReference): Promise<PullableImage> {
  const image = chosen(readSaved(await readBlob(blobs, 'manifest.json'), blobs.place), reference, blobs.place);
  const bytes = await readBlob(blobs, image.Config);
  const digest = sha256(bytes);
  if (reference.digest !== undefined && reference.digest !== digest) {
    const help = 'such an archive has no digests of manifests; name the image by its tag, or use an OCI layout';
    throw new ImageError('NOT_FOUND', `'${blobs.place}' has the image ${digest}, not ${reference.digest}: ${help}`);
  }
  const config = bytes.toString('utf8');
  const { diffIds } = readImageConfig(config);
  if (diffIds.length !== image.Layers.length) {
    throw new ImageError('INVALID', 'Its manifest.json and its configuration have different numbers of layers');
  }
  const layers = image.Layers.map((name, index) => ({
    diffId: diffIds[index] as Digest,
    fetch: async () => {
      const part = await blobs.part(name);
      if (part === undefined) throw new ImageError('INVALID', `'${blobs.place}' lacks its layer '${name}'`);
      return { part, digest: undefined };
    },
  }));
  return { digest, config, layers };
}

function readSaved(bytes: Buffer, place: string): SavedImage[] {
  let images: unknown;
  try {
    images = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new ImageError('INVALID', `'${place}' has a manifest.json that is not JSON`, { cause });
  }
  if (!Array.isArray(images) || images.length === 0) {
    throw new ImageError('INVALID', `'${place}' has a manifest.json without images`);
  }
  return images.map((image: Partial<Record<keyof SavedImage, unknown>>) => {
    const { Config, RepoTags, Layers } = image ?? {};
    const isText = (each: unknown): each is string => typeof each === 'string';
    if (!isText(Config) || !Array.isArray(Layers) || !Layers.every(isText)) {
      throw new ImageError('INVALID', `'${place}' has a manifest.json with an image that lacks Config or Layers`);
    }
    return { Config, Layers, RepoTags: Array.isArray(RepoTags) ? RepoTags.filter(isText) : [] };
  });
}

function chosen(images: readonly SavedImage[], reference: ImageReference, place: string): SavedImage {
  const name = formatReference({ ...reference, digest: undefined });
  const short = name.replace(/^docker\.io\//, '').replace(/^library\//, '');
  const found = images.find(({ RepoTags }) => RepoTags.some(each => each === name || each === short));
  const only = images.length === 1 ? images[0] : undefined;
  const image = found ?? only; // the name of the file decides, where there is one image
  if (image !== undefined) return image;
  const tags = images.flatMap(({ RepoTags }) => RepoTags).join(', ');
  throw new ImageError('NOT_FOUND', `'${place}' has no image '${name}', but ${tags}`);
}
