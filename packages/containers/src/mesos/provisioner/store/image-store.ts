import { createHash } from 'node:crypto';
import type { Image } from '@meseta/protocol';
import { SharedWork } from '../../../shared-work.ts';
import type { Digest } from '../docker/digest.ts';
import { accountsOfImage, type DockerAccounts } from '../docker/docker-config.ts';
import { type ImageRuntime, readImageConfig } from '../docker/image-config.ts';
import { formatReference, type ImageReference, parseReference } from '../docker/reference.ts';
import { cancelled, ImageError } from '../image-error.ts';
import type { PullableImage, Puller } from '../pullers/puller.ts';
import { failsOnDisk, LayerStore, type LayerStoreOptions } from './layer-store.ts';
import { type StoredImage, StoredImages } from './stored-images.ts';

/** Images can be pruned just after they were pulled; then they are pulled again, this often in all. */
const maximumPulls = 3;

/** The settings and the parts of a store. */
export interface ImageStoreOptions extends LayerStoreOptions {
  /** The store closes it. */
  readonly puller: Puller;
  /** The accounts of the agent. */
  readonly accounts: DockerAccounts;
  readonly onWarning: (message: string) => void;
}

/** An image that a container can use. Its layers stay until `release`. */
export interface HeldImage {
  readonly name: string;
  readonly digest: Digest;
  readonly diffIds: readonly Digest[];
  readonly runtime: ImageRuntime;
  release(): void;
}

/**
 * Fetches Docker images and keeps them: layers by their contents, shared between images, and images by their names.
 *
 * @see Mesos src/slave/containerizer/mesos/provisioner/docker/store.cpp
 */
export class ImageStore {
  readonly layers: LayerStore;
  readonly #options: ImageStoreOptions;
  readonly #images: StoredImages;
  readonly #pulls = new SharedWork<StoredImage>(cancelled);

  constructor(options: ImageStoreOptions) {
    this.#options = options;
    this.layers = new LayerStore(options);
    this.#images = new StoredImages(options.directory);
  }

  /** Reads what is stored, and removes what an earlier agent did not complete. */
  async recover(): Promise<void> {
    await this.layers.recover();
    await this.#images.recover(this.#options.onWarning);
  }

  /**
   * Returns an image, and fetches what is missing. Containers that need the same image at the same time wait for the same
   * work. With `cached: false`, the registry is asked what the name stands for now; layers that are there are used.
   *
   * @throws {ImageError} with the image's name.
   */
  async get(image: Image, signal: AbortSignal): Promise<HeldImage> {
    const name = image.docker?.name ?? '';
    try {
      return await this.#get(image, parseReference(name), signal);
    } catch (error) {
      if (signal.aborted) throw cancelled();
      throw error instanceof ImageError && !error.message.startsWith('Image ') ? error.of(name) : error;
    }
  }

  /**
   * Removes all images but the given ones, and all layers that neither these nor containers use.
   *
   * @returns the number of layers that were removed.
   */
  async prune(excluded: readonly Image[]): Promise<number> {
    const kept = new Set(
      excluded.flatMap(({ docker }) => (docker ? [formatReference(parseReference(docker.name))] : [])),
    );
    for (const { name } of this.#images.all()) if (!kept.has(name)) await this.#images.remove(name);
    return this.layers.prune(new Set(this.#images.all().flatMap(({ diffIds }) => diffIds)));
  }

  close(): Promise<void> {
    return this.#options.puller.close();
  }

  async #get(image: Image, reference: ImageReference, signal: AbortSignal): Promise<HeldImage> {
    const own = accountsOfImage(image);
    const name = formatReference(reference);
    if (image.cached !== false) {
      const stored = this.#images.get(name);
      const held = stored && this.#hold(stored);
      if (held && (await this.layers.has(held.diffIds))) return held;
      held?.release();
    }
    // An image that one account may pull is not given to another one that asks at the same time.
    const account = createHash('sha256')
      .update(image.docker?.config?.value?.data ?? '')
      .digest('hex');
    const pull = (aborted: AbortSignal) => this.#pull(reference, own ?? this.#options.accounts, aborted);
    for (let tries = 0; tries < maximumPulls; tries++) {
      const held = this.#hold(await this.#pulls.run(`${name} ${account}`, pull, signal));
      if (await this.layers.has(held.diffIds)) return held;
      held.release();
    }
    throw new ImageError(
      'DISK',
      'Its layers are removed again and again: look at --image_gc_config and at PRUNE_IMAGES',
    );
  }

  async #pull(reference: ImageReference, accounts: DockerAccounts, signal: AbortSignal): Promise<StoredImage> {
    const found = await this.#options.puller.find(reference, accounts, signal);
    const diffIds = found.layers.map(({ diffId }) => diffId);
    const release = this.layers.hold(diffIds);
    try {
      await this.#fetchLayers(found, signal);
      const stored = { name: formatReference(reference), digest: found.digest, config: found.config, diffIds };
      await this.#images.put(stored).catch(failsOnDisk);
      return stored;
    } finally {
      release();
      await found.close?.().catch(error => {
        const message = error instanceof Error ? error.message : String(error);
        this.#options.onWarning(`Files of an image that was fetched are left: ${message}`);
      });
    }
  }

  /** Fetches all layers at once. The first failure ends the others. */
  async #fetchLayers({ layers }: PullableImage, signal: AbortSignal): Promise<void> {
    const failed = new AbortController();
    const either = AbortSignal.any([signal, failed.signal]);
    const unique = new Map(layers.map(layer => [layer.diffId, layer]));
    const fetches = [...unique.values()].map(layer =>
      this.layers.ensure(layer, either).catch(error => {
        failed.abort(failed.signal.aborted ? undefined : error);
        throw error;
      }),
    );
    await Promise.allSettled(fetches);
    if (failed.signal.aborted) throw failed.signal.reason;
  }

  #hold({ name, digest, diffIds, config }: StoredImage): HeldImage {
    const { runtime } = readImageConfig(config);
    return { name, digest, diffIds, runtime, release: this.layers.hold(diffIds) };
  }
}
