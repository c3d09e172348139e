import { randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ConcurrencyLimit, makeDirectories } from '@meseta/system';
import { SharedWork } from '../../../shared-work.ts';
import { type Digest, digestName } from '../docker/digest.ts';
import { cancelled, ImageError } from '../image-error.ts';
import { absent } from '../pullers/blobs.ts';
import type { PullableLayer } from '../pullers/puller.ts';
import { removeTree } from '../remove-tree.ts';
import { layerNames } from '../unpack/layer-record.ts';
import type { LayerLimits } from '../unpack/layer-writer.ts';
import { unpackLayer } from '../unpack/unpack.ts';

/** Layers that are unpacked at a time: more would only compete for the disk and the processors. */
const parallelUnpacks = 2;
/** The shortest name of a link to a layer, in hexadecimal digits. */
const shortestLink = 6;

/** The settings of a store of layers. */
export interface LayerStoreOptions {
  /** Private to this store, and on one file system. */
  readonly directory: string;
  /** Whiteouts have the form of overlay. */
  readonly overlay: boolean;
  readonly limits: LayerLimits;
}

/**
 * Stores unpacked layers by the digests of their contents. A layer that is there is complete: it is made elsewhere and
 * renamed.
 *
 * ```text
 * <store>/layers/<digest>.overlay/rootfs   the layer; never changed. Without .overlay, for other backends
 *                                 layer.json   what a directory cannot say of it
 * <store>/l/<digits>                       links to layers: their short names fit into the options of mount(2)
 * <store>/staging/<uuid>/                  what is being fetched and unpacked, or removed; of no use after a crash
 * ```
 */
export class LayerStore {
  readonly #options: LayerStoreOptions;
  readonly #unpacks = new ConcurrencyLimit(parallelUnpacks);
  readonly #shared = new SharedWork<void>(cancelled);
  readonly #holds = new Map<string, number>();
  readonly #removals = new Map<string, Promise<void>>();

  constructor(options: LayerStoreOptions) {
    this.#options = options;
  }

  /** Makes the directories, and removes what an earlier agent did not complete. */
  async recover(): Promise<void> {
    for (const name of ['layers', 'l']) await makeDirectories(this.#path(name), 0o700);
    await removeTree(this.#path('staging'));
    await mkdir(this.#path('staging'), { mode: 0o700 });
  }

  /** Returns the directory of a layer, which need not exist. */
  directory(diffId: Digest): string {
    return this.#path('layers', this.#name(diffId));
  }

  /** Keeps layers from being removed. @returns a function that ends it. */
  hold(diffIds: readonly Digest[]): () => void {
    const names = diffIds.map(diffId => this.#name(diffId));
    for (const name of names) this.#holds.set(name, (this.#holds.get(name) ?? 0) + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      for (const name of names) {
        const left = (this.#holds.get(name) ?? 1) - 1;
        if (left === 0) this.#holds.delete(name);
        else this.#holds.set(name, left);
      }
    };
  }

  /** Tells whether all layers are there. They must be held. */
  async has(diffIds: readonly Digest[]): Promise<boolean> {
    const found = await Promise.all(
      diffIds.map(async diffId => {
        await this.#removals.get(this.#name(diffId));
        return (await lstat(this.directory(diffId)).catch(absent)) !== undefined;
      }),
    );
    return found.every(Boolean);
  }

  /**
   * Fetches and unpacks a layer unless it is there: once, for all who want it. The layer must be held.
   *
   * @throws {ImageError}
   */
  async ensure(layer: PullableLayer, signal: AbortSignal): Promise<void> {
    if (await this.has([layer.diffId])) return;
    await this.#shared.run(layer.diffId, aborted => this.#make(layer, aborted), signal);
  }

  /** Returns a short path that leads to the contents of a layer, for the options of mount(2). */
  async link(diffId: Digest): Promise<string> {
    const hex = diffId.slice(diffId.indexOf(':') + 1);
    const target = join('..', 'layers', this.#name(diffId), layerNames.rootfs);
    for (let length = shortestLink; length <= hex.length; length++) {
      const path = this.#path('l', hex.slice(0, length));
      try {
        await symlink(target, path);
        return path;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        if ((await readlink(path)) === target) return path;
      }
    }
    throw new ImageError('DISK', `No link to the layer ${diffId} can be made in '${this.#path('l')}'`);
  }

  /**
   * Removes all layers that are neither held nor in `kept`.
   *
   * @returns the number of layers that were removed.
   */
  async prune(kept: ReadonlySet<Digest>): Promise<number> {
    const names = new Set([...kept].map(diffId => this.#name(diffId)));
    let removed = 0;
    for (const name of await readdir(this.#path('layers'))) {
      if (names.has(name) || this.#holds.has(name)) continue;
      const removal = this.#remove(name);
      this.#removals.set(name, removal);
      await removal.finally(() => this.#removals.delete(name));
      removed++;
    }
    await this.#removeDeadLinks();
    return removed;
  }

  async #make(layer: PullableLayer, signal: AbortSignal): Promise<void> {
    const { overlay, limits } = this.#options;
    const { diffId } = layer;
    if (await this.has([diffId])) return; // another one has just made it
    const staging = this.#path('staging', randomUUID());
    await mkdir(staging, { mode: 0o700 }).catch(failsOnDisk);
    try {
      const { part, digest } = await layer.fetch(staging, signal).catch(failsOnDisk);
      const directory = join(staging, 'layer');
      await mkdir(directory, { mode: 0o700 });
      const job = { blob: part, digest, diffId, directory, overlay, limits };
      await this.#unpacks.run(() => unpackLayer(job, signal), signal);
      signal.throwIfAborted();
      await rename(directory, this.directory(diffId)).catch(unlessThere);
    } finally {
      await removeTree(staging);
    }
  }

  /** Moved first: a layer is complete or absent. */
  async #remove(name: string): Promise<void> {
    const grave = this.#path('staging', randomUUID());
    await rename(this.#path('layers', name), grave);
    await removeTree(grave);
  }

  async #removeDeadLinks(): Promise<void> {
    const left = new Set(await readdir(this.#path('layers')));
    for (const name of await readdir(this.#path('l'))) {
      const path = this.#path('l', name);
      const layer = basename(join(await readlink(path), '..'));
      if (!left.has(layer) && !this.#holds.has(layer)) await rm(path, { force: true });
    }
  }

  #name(diffId: Digest): string {
    return `${digestName(diffId)}${this.#options.overlay ? '.overlay' : ''}`;
  }

  #path(...names: readonly string[]): string {
    return join(this.#options.directory, ...names);
  }
}

/** Another agent with the same store may have made the same layer. */
function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') failsOnDisk(error);
}

/** Explains errors of files. */
export function failsOnDisk(error: NodeJS.ErrnoException): never {
  if (typeof error.errno !== 'number' || error instanceof ImageError) throw error;
  const help = error.code === 'ENOSPC' || error.code === 'EDQUOT' ? 'make room in it' : 'look at the directory';
  throw new ImageError('DISK', `The store --docker_store_dir failed: ${error.message}; ${help}`, { cause: error });
}
