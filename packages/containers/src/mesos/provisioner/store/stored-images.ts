import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectories } from '@meseta/system';
import { replaceFile } from '@meseta/system/replace-file';
import { type Digest, digestName, isDigest, sha256 } from '../docker/digest.ts';

/** An image whose layers were all fetched. */
export interface StoredImage {
  /** Its full name, `host/repository:tag@digest`. */
  readonly name: string;
  readonly digest: Digest;
  /** The text of its configuration. */
  readonly config: string;
  /** The digests of its layers' contents, lowest first. */
  readonly diffIds: readonly Digest[];
}

const format = 1;

/**
 * Stores which images are complete, one file for each: `<store>/images/<digest of the name>.json`.
 *
 * @see Mesos src/slave/containerizer/mesos/provisioner/docker/metadata_manager.cpp
 */
export class StoredImages {
  readonly #directory: string;
  readonly #images = new Map<string, StoredImage>();

  /** @param store the directory of the store. */
  constructor(store: string) {
    this.#directory = join(store, 'images');
  }

  /**
   * Reads all images.
   *
   * @param onWarning receives what is wrong with files that cannot be read; their images are fetched again.
   */
  async recover(onWarning: (message: string) => void): Promise<void> {
    await makeDirectories(this.#directory, 0o700);
    for (const file of await readdir(this.#directory)) {
      const path = join(this.#directory, file);
      if (!file.endsWith('.json')) {
        await rm(path, { recursive: true, force: true });
        continue;
      }
      const image = parse(await readFile(path, 'utf8'));
      if (image === undefined)
        onWarning(`'${path}' is no record of an image that this version can read: it is ignored`);
      else this.#images.set(image.name, image);
    }
  }

  get(name: string): StoredImage | undefined {
    return this.#images.get(name);
  }

  all(): StoredImage[] {
    return [...this.#images.values()];
  }

  async put(image: StoredImage): Promise<void> {
    await replaceFile(this.#path(image.name), JSON.stringify({ format, ...image }), { durable: true });
    this.#images.set(image.name, image);
  }

  async remove(name: string): Promise<void> {
    this.#images.delete(name);
    await rm(this.#path(name), { force: true });
  }

  #path(name: string): string {
    return join(this.#directory, `${digestName(sha256(name))}.json`);
  }
}

function parse(text: string): StoredImage | undefined {
  try {
    const { format: found, name, digest, config, diffIds } = JSON.parse(text);
    const isValid = found === format && typeof name === 'string' && isDigest(digest) && typeof config === 'string';
    return isValid && Array.isArray(diffIds) && diffIds.every(isDigest) ? { name, digest, config, diffIds } : undefined;
  } catch {
    return undefined;
  }
}
