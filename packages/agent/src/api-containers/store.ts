/**
 * What the next agent has to know of containers that were launched by the API, in Mesos's directories:
 *
 * ```text
 * <runtime>/containers/<root>/{standalone.marker,config,termination}
 *   containers/<nested>/{config,termination}
 * ```
 *
 * `config` is written before anything of a container exists, `termination` after all has gone: a container without a
 * `termination` may run. Both are messages of Mesos. All of it goes with the container at the root.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type ContainerId, containerKey } from '@meseta/containers';
import { ContainerConfig, ContainerTermination, checkId, containerWithoutSecrets, idProblem } from '@meseta/protocol';
import { RepeatedRemovals } from '@meseta/system';
import type { Logger } from '@meseta/telemetry';
import type { Disk } from '../disk/disk.ts';
import { encodeLengthPrefixed, readMessage } from '../disk/records.ts';

/** A container of an earlier agent. */
export interface StoredContainer {
  readonly id: ContainerId;
  readonly config: ContainerConfig;
  /** Undefined: it may run. */
  readonly termination: ContainerTermination | undefined;
}

/**
 * Returns what is kept of a container's description: all but its command, and what is known of its executor elsewhere. It has no
 * values of secrets.
 */
export function storedConfig({ executor_info: _, container_info, ...config }: ContainerConfig): ContainerConfig {
  return {
    ...config,
    ...(container_info && { container_info: containerWithoutSecrets(container_info) }),
    command_info: {},
  };
}

/** The stored containers. See the top of this file. */
export class ApiContainerStore {
  readonly #directory: string;
  readonly #disk: Pick<Disk, 'perform'>;
  readonly #log: Logger;
  readonly #onDamage: () => void;
  /** Of records, by their paths. */
  readonly #removals: RepeatedRemovals<string>;

  /**
   * @param runtimeDirectory the agent's `--runtime_dir`.
   * @param onDamage counts what cannot be read.
   */
  constructor(runtimeDirectory: string, disk: Pick<Disk, 'perform'>, log: Logger, onDamage: () => void) {
    this.#directory = join(runtimeDirectory, 'containers');
    this.#disk = disk;
    this.#log = log;
    this.#onDamage = onDamage;
    this.#removals = new RepeatedRemovals({
      remove: path => disk.perform([{ type: 'remove', path }]),
      onRefused: (path, error) =>
        log.warning('Failed to remove the record of a container; trying again', { error, path }),
    });
  }

  /** Writes a container down that is going to be launched, in place of an ended one of that id. @throws {DiskError} */
  async begin(id: ContainerId, config: ContainerConfig): Promise<void> {
    const path = this.#path(id);
    await this.#removals.reuse(path);
    await this.#disk.perform([
      { type: 'remove', path: join(path, 'termination') },
      { type: 'mkdir', path },
      ...(id.parent ? [] : ([{ type: 'touch', path: join(path, 'standalone.marker') }] as const)),
      { type: 'replace', path: join(path, 'config'), data: encodeLengthPrefixed(ContainerConfig, config) },
    ]);
  }

  /** Writes down how a container ended. @throws {DiskError} */
  async end(id: ContainerId, termination: ContainerTermination): Promise<void> {
    const path = join(this.#path(id), 'termination');
    await this.#disk.perform([
      { type: 'replace', path, data: encodeLengthPrefixed(ContainerTermination, termination) },
    ]);
  }

  /** Removes what is written of a container and of those nested in it. @throws {DiskError} */
  async remove(id: ContainerId): Promise<void> {
    await this.#disk.perform([{ type: 'remove', path: this.#path(id) }]);
  }

  /** The same. What the disk refuses is tried again and again. Never rejects. */
  drop(id: ContainerId): Promise<void> {
    return this.#removals.remove(this.#path(id));
  }

  /** Tries nothing again: the next agent does. */
  close(): void {
    this.#removals.close();
  }

  /** Reads all containers, each after the one it is nested in. What cannot be read is left out, logged, and removed. */
  async read(): Promise<StoredContainer[]> {
    return this.#readIn(this.#directory, undefined);
  }

  async #readIn(directory: string, parent: ContainerId | undefined): Promise<StoredContainer[]> {
    const found: StoredContainer[] = [];
    for (const name of await namesIn(directory)) {
      if (idProblem(name) !== undefined) continue;
      const id: ContainerId = { value: checkId(name), ...(parent && { parent }) };
      const path = join(directory, name);
      const stored = this.#readOne(id, path);
      const nested = await this.#readIn(join(path, 'containers'), id);
      if (stored) found.push(stored);
      // Its agent was killed before it had written all of it down.
      else if (nested.length === 0) await this.drop(id);
      found.push(...nested);
    }
    return found;
  }

  #readOne(id: ContainerId, path: string): StoredContainer | undefined {
    try {
      const config = readMessage(ContainerConfig, join(path, 'config'));
      if (config === undefined) return undefined; // an executor's container, in which others are nested
      return { id, config, termination: readMessage(ContainerTermination, join(path, 'termination')) };
    } catch (error) {
      this.#onDamage();
      const container_id = containerKey(id);
      this.#log.warning('Ignored the record of a container, which cannot be read', { error, container_id, path });
      return undefined;
    }
  }

  #path({ value, parent }: ContainerId): string {
    return join(parent === undefined ? this.#directory : join(this.#path(parent), 'containers'), value);
  }
}

async function namesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
    return [];
  });
}
