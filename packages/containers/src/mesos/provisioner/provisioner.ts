/**
 * Gives containers their root file systems: fetches images, and puts their layers together.
 *
 * ```text
 * <work_dir>/provisioner/containers/<container>/rootfses.json              written first, removed last
 *                                              /backends/<backend>/rootfses/<id>   the root file system, or the
 *                                                                                  directory to mount it on
 *                                              /backends/overlay/scratch/<id>/     what the container changes
 * ```
 *
 * @see Mesos src/slave/containerizer/mesos/provisioner/provisioner.cpp
 */
import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Image } from '@meseta/protocol';
import { makeDirectories, RepeatedRemovals } from '@meseta/system';
import { replaceFile } from '@meseta/system/replace-file';
import type { Logger, Metrics } from '@meseta/telemetry';
import { assertContainerKey, type ContainerKey } from '../../container-id.ts';
import type { Backend, Rootfs } from './backends/backend.ts';
import { type Digest, isDigest } from './docker/digest.ts';
import type { ImageRuntime } from './docker/image-config.ts';
import { cancelled, ImageError } from './image-error.ts';
import { absent } from './pullers/blobs.ts';
import { removeTree } from './remove-tree.ts';
import type { ImageStore } from './store/image-store.ts';
import { failsOnDisk } from './store/layer-store.ts';

/** The parts of a provisioner. */
export interface ProvisionerOptions {
  /** `<work_dir>/provisioner`. */
  readonly directory: string;
  /** Docker images; the provisioner closes it. */
  readonly store: ImageStore;
  readonly backend: Backend;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** The root file system of a container, and what its image says of processes. */
export interface ProvisionedRootfs {
  /** Unique in the container, which may have more of them: image volumes. */
  readonly id: string;
  readonly rootfs: Rootfs;
  readonly image: { readonly name: string; readonly digest: Digest };
  readonly runtime: ImageRuntime;
}

/** A root file system, as it is written before it is made. */
interface RecordedRootfs {
  readonly id: string;
  readonly image: string;
  readonly diffIds: readonly Digest[];
}

interface Provisioned {
  readonly rootfses: RecordedRootfs[];
  readonly releases: (() => void)[];
  /** Aborted when the container is destroyed. */
  readonly over: AbortController;
  /** What is being provisioned. */
  readonly pending: Set<Promise<unknown>>;
  /** The last write of the record; they run one after the other. */
  written: Promise<void>;
  /** The root file systems are being removed, or the disk has refused that. */
  state: 'kept' | 'removing' | 'refused';
}

const format = 1;
const recordName = 'rootfses.json';

/** The provisioner. See the top of this file. */
export class Provisioner {
  /** What containers may ask for because there is a provisioner. */
  readonly provides = ['image'] as const;
  readonly #options: ProvisionerOptions;
  readonly #containers = new Map<ContainerKey, Provisioned>();
  readonly #ends: (() => void)[] = [];
  /** Of containers, or of names that are no keys. */
  readonly #removals: RepeatedRemovals<string>;

  constructor(options: ProvisionerOptions) {
    this.#options = options;
    const { log, metrics } = options;
    this.#removals = new RepeatedRemovals({
      remove: name => this.#remove(name),
      onRefused: (container_id, error) => {
        metrics.counter('containerizer/mesos/provisioner/remove_container_errors').increment();
        log.error('Failed to remove the root file systems of a container; trying again', { error, container_id });
      },
    });
  }

  /**
   * Reads what earlier agents left. The root file systems of known containers are kept, all others are removed. To be
   * called once, before everything else.
   */
  async recover(known: Iterable<ContainerKey>): Promise<void> {
    const { store, log } = this.#options;
    await makeDirectories(this.#path(), 0o700);
    await store.recover();
    const keys = new Set(known);
    for (const name of await readdir(this.#path())) {
      const key = name as ContainerKey; // only compared, until it is known to be a key
      if (!keys.has(key)) {
        log.info('Removing the root file systems of a container that is gone', { container_id: name });
        await this.#removals.remove(name);
        continue;
      }
      const rootfses = (await this.#read(key)) ?? [];
      const releases = rootfses.map(({ diffIds }) => store.layers.hold(diffIds));
      this.#containers.set(key, newContainer(rootfses, releases));
    }
  }

  /**
   * Fetches an image unless it is stored, and prepares a root file system for a container.
   *
   * @throws {ImageError} with the image's name. What was begun goes with `destroy`.
   */
  async provision(key: ContainerKey, image: Image): Promise<ProvisionedRootfs> {
    assertContainerKey(key);
    if (image.type !== 'DOCKER' || image.docker === undefined) {
      const name = image.appc?.name ?? image.type;
      throw new ImageError('UNSUPPORTED', `Image '${name}': AppC images are not supported; use a Docker image`);
    }
    if (this.#containers.get(key)?.state === 'refused') await this.#reuse(key);
    const container = this.#container(key);
    if (container.state !== 'kept') throw cancelled().of(image.docker.name);
    const work = this.#provision(key, container, image, image.docker.name);
    container.pending.add(work);
    try {
      return await work;
    } finally {
      container.pending.delete(work);
    }
  }

  /** Ends what is being fetched for a container alone. To be followed by `destroy`. */
  cancel(key: ContainerKey): void {
    this.#containers.get(key)?.over.abort(cancelled());
  }

  /**
   * Removes the root file systems of a container and of those nested in it. What is being fetched for it alone is
   * aborted. A container without any is fine. What the disk refuses is tried again and again. Never rejects.
   */
  async destroy(key: ContainerKey): Promise<void> {
    const nested = [...this.#containers.keys()].filter(each => each === key || each.startsWith(`${key}.`));
    const deepestFirst = nested.sort((a, b) => b.length - a.length);
    for (const each of deepestFirst) await this.#removals.remove(each);
  }

  /**
   * Removes images that nothing uses.
   *
   * @param excluded images that stay.
   * @returns the number of layers that were removed.
   */
  async prune(excluded: readonly Image[]): Promise<number> {
    const removed = await this.#options.store.prune(excluded);
    this.#options.log.info('Removed the images that nothing uses', { layers: removed });
    return removed;
  }

  /** Adds what is to be ended by `close`. */
  onClose(end: () => void): void {
    this.#ends.push(end);
  }

  /** Stops fetching. Root file systems stay. */
  async close(): Promise<void> {
    this.#removals.close();
    for (const end of this.#ends) end();
    const pending = [...this.#containers.values()].flatMap(({ over, pending: all }) => {
      over.abort(cancelled());
      return [...all];
    });
    await Promise.allSettled(pending);
    await this.#options.store.close();
  }

  async #provision(key: ContainerKey, container: Provisioned, image: Image, name: string): Promise<ProvisionedRootfs> {
    const { store, backend, log } = this.#options;
    const { signal } = container.over;
    const held = await store.get(image, signal);
    const id = randomUUID();
    container.releases.push(held.release);
    const directory = this.#path(key, 'backends', backend.name);
    try {
      container.rootfses.push({ id, image: held.name, diffIds: held.diffIds });
      await makeDirectories(this.#path(key), 0o700);
      await this.#write(key, container);
      await makeDirectories(directory, 0o700);
      const layers = held.diffIds.map(diffId => ({
        directory: store.layers.directory(diffId),
        link: () => store.layers.link(diffId),
      }));
      const rootfs = await backend.provision({ layers, directory, id, signal });
      log.info('Provisioned a root file system', { container_id: key, image: held.name, rootfs: rootfs.target });
      return { id, rootfs, image: { name: held.name, digest: held.digest }, runtime: held.runtime };
    } catch (error) {
      if (signal.aborted) throw cancelled().of(name);
      try {
        failsOnDisk(error as NodeJS.ErrnoException);
      } catch (explained) {
        throw explained instanceof ImageError ? explained.of(name) : explained;
      }
    }
  }

  /** Makes the id of a container that is gone, of which the disk has refused to remove something, one that can be used. */
  async #reuse(key: ContainerKey): Promise<void> {
    await this.#removals.reuse(key);
    const left = this.#containers.get(key);
    if (left?.state === 'refused') this.#containers.set(key, newContainer(left.rootfses, left.releases));
  }

  /** @throws {ImageError} `DISK` */
  async #remove(name: string): Promise<void> {
    const key = name as ContainerKey; // of all that are in the map
    const container = this.#containers.get(key);
    if (container) {
      if (container.state === 'kept') container.state = 'removing';
      container.over.abort(cancelled());
      await Promise.allSettled(container.pending);
    }
    try {
      // The record goes last: as long as anything is left, the next agent finds it.
      await removeTree(this.#path(name, 'backends'));
      await removeTree(this.#path(name));
    } catch (error) {
      if (container) container.state = 'refused';
      throw error;
    }
    for (const release of container?.releases ?? []) release();
    this.#containers.delete(key);
  }

  #container(key: ContainerKey): Provisioned {
    const known = this.#containers.get(key);
    if (known !== undefined) return known;
    const container = newContainer();
    this.#containers.set(key, container);
    return container;
  }

  async #read(key: ContainerKey): Promise<RecordedRootfs[] | undefined> {
    const text = await readFile(this.#path(key, recordName), 'utf8').catch(absent);
    if (text === undefined) return undefined;
    try {
      const { format: found, rootfses } = JSON.parse(text);
      if (found === format && Array.isArray(rootfses) && rootfses.every(isRecorded)) return rootfses;
    } catch {
      // reported below
    }
    this.#options.log.warning('The record of root file systems cannot be read: their layers may be removed', {
      container_id: key,
    });
    return undefined;
  }

  #write(key: ContainerKey, container: Provisioned): Promise<void> {
    const write = () =>
      replaceFile(this.#path(key, recordName), JSON.stringify({ format, rootfses: container.rootfses }), {
        durable: true,
      });
    container.written = container.written.then(write, write);
    return container.written;
  }

  #path(...names: readonly string[]): string {
    return join(this.#options.directory, 'containers', ...names);
  }
}

function newContainer(rootfses: RecordedRootfs[] = [], releases: (() => void)[] = []): Provisioned {
  return {
    rootfses,
    releases,
    over: new AbortController(),
    pending: new Set(),
    written: Promise.resolve(),
    state: 'kept',
  };
}

function isRecorded(value: unknown): value is RecordedRootfs {
  const { id, image, diffIds } = (value ?? {}) as Partial<RecordedRootfs>;
  return typeof id === 'string' && typeof image === 'string' && Array.isArray(diffIds) && diffIds.every(isDigest);
}
