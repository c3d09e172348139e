/**
 * Group ids for volumes that containers of several users share: `--volume_gid_range`. A volume gets an id of its own, its
 * directories become that group's, and the containers that use it are in the group. The id is kept on disk, until a persistent
 * volume is destroyed, or the container ends whose sandbox a volume is in.
 *
 * @see Mesos src/slave/volume_gid_manager/volume_gid_manager.cpp
 */
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { VolumeGidInfo } from '@meseta/protocol';
import type { Logger, Metrics } from '@meseta/telemetry';
import { LaunchError } from '../../errors.ts';
import { Directory } from '../../fetcher/directory.ts';
import { countGids, freeGid, type GidRange, hasGid } from './gid-range.ts';
import { giveToGroup, isGroups } from './give-to-group.ts';

/** Where a volume is: names below a directory that only the agent can replace. */
export interface VolumePlace {
  readonly root: string;
  /** Below the root, where its owner may make links. They are not followed. */
  readonly parts: readonly string[];
}

/** What {@link VolumeGids} needs. */
export interface VolumeGidParts {
  readonly range: GidRange;
  /** Those that an earlier agent had given, as read from disk. */
  readonly given: readonly VolumeGidInfo[];
  /** Replaces what is on disk. */
  readonly write: (given: readonly VolumeGidInfo[]) => Promise<void>;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** The group ids of volumes. */
export class VolumeGids {
  readonly #parts: VolumeGidParts;
  readonly #given: Map<string, VolumeGidInfo>;
  /** Changes are made one after another. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: VolumeGidParts) {
    this.#parts = parts;
    this.#given = new Map(parts.given.map(info => [info.path, info]));
    const { range, metrics } = parts;
    metrics.gauge('volume_gid_manager/volume_gids_total').set(countGids(range));
    this.#count();
  }

  /**
   * Returns the group id of a volume, whose directory exists. The first time, its directories are given to the group.
   *
   * @throws {LaunchError} `VOLUME_GID`: there is no free id, or the directory cannot be given to the group.
   */
  of(type: 'PERSISTENT' | 'SANDBOX_PATH', place: VolumePlace): Promise<number> {
    const path = join(place.root, ...place.parts);
    return this.#inTurn(() => this.#give(type, path, place)).catch(cause => {
      if (cause instanceof LaunchError) throw cause;
      throw new LaunchError('VOLUME_GID', `Cannot give the volume '${path}' to a group: ${(cause as Error).message}`, {
        cause,
      });
    });
  }

  /** The ids of volumes, of those that containers have: what else they are in is not the agent's doing. */
  among(gids: readonly number[]): number[] {
    const given = new Set([...this.#given.values()].map(({ gid }) => gid));
    return gids.filter(gid => given.has(gid));
  }

  /** Takes back the id of a persistent volume that is gone. Never rejects. */
  forget(path: string): Promise<void> {
    return this.#release(info => info.path === path);
  }

  /** Takes back the ids of the volumes in a sandbox, whose container has ended. Never rejects. */
  releaseSandbox(directory: string): Promise<void> {
    return this.#release(info => info.path.startsWith(`${directory}/`), directory);
  }

  /**
   * Takes back the ids of volumes that are gone, and of volumes in sandboxes whose containers are: an earlier agent was killed
   * before it did, or the machine was started anew. Never rejects.
   *
   * @param sandboxes of all containers that there are.
   */
  async recover(sandboxes: readonly string[]): Promise<void> {
    const lost = new Set<string>();
    for (const { type, path } of this.#given.values()) {
      const isThere = await lstat(path).then(
        () => true,
        () => false,
      );
      const isUsed = type !== 'SANDBOX_PATH' || sandboxes.some(each => path.startsWith(`${each}/`));
      if (!isThere || !isUsed) lost.add(path);
    }
    await this.#release(({ path }) => lost.has(path));
  }

  async #give(type: 'PERSISTENT' | 'SANDBOX_PATH', path: string, { root, parts }: VolumePlace): Promise<number> {
    const { range, log } = this.#parts;
    const directory = await openBelow(root, parts);
    try {
      const known = this.#given.get(path)?.gid;
      const found = (await directory.ownership()).gid;
      // A volume of a container's that is a part of another volume has the id of that one already.
      if (known === undefined && type === 'SANDBOX_PATH' && hasGid(range, found)) return found;
      const gid = known ?? (await this.#take(type, path, hasGid(range, found) ? found : undefined));
      if (await isGroups(directory, gid)) return gid;
      log.info('Giving a volume to a group', { path, gid });
      await giveToGroup(directory, gid, true);
      return gid;
    } finally {
      await directory.close();
    }
  }

  /** @param preferred the id that the volume had, as its directory shows. */
  async #take(type: VolumeGidInfo['type'] & string, path: string, preferred: number | undefined): Promise<number> {
    const taken = new Set([...this.#given.values()].map(({ gid }) => gid));
    const gid = preferred !== undefined && !taken.has(preferred) ? preferred : freeGid(this.#parts.range, taken);
    if (gid === undefined)
      throw new LaunchError(
        'VOLUME_GID',
        `Failed to allocate gid to the volume path '${path}' because the free gid range is exhausted: the agent needs a wider --volume_gid_range`,
      );
    this.#given.set(path, { type, path, gid });
    try {
      await this.#write();
    } catch (error) {
      this.#given.delete(path);
      throw error;
    }
    return gid;
  }

  /** @param sandbox whose group volumes in it get back: another volume may have the id next. */
  #release(which: (info: VolumeGidInfo) => boolean, sandbox?: string): Promise<void> {
    if (![...this.#given.values()].some(which)) return Promise.resolve();
    return this.#inTurn(async () => {
      const { log } = this.#parts;
      for (const info of [...this.#given.values()].filter(which)) {
        const { type, path, gid } = info;
        try {
          if (type === 'SANDBOX_PATH') await this.#takeFromGroup(path, sandbox);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
            // The id stays taken: the next container that got it could write to this volume.
            log.warning('Cannot take a volume from its group', { path, gid, error });
            continue;
          }
        }
        this.#given.delete(path);
        log.info('The group id of a volume is free again', { path, gid });
      }
      await this.#write().catch(error => log.warning('Cannot write down the group ids of volumes', { error }));
    });
  }

  async #takeFromGroup(path: string, sandbox = sandboxOf(path)): Promise<void> {
    const around = await Directory.open(sandbox, undefined);
    try {
      const { gid } = await around.ownership();
      const directory = await openBelow(sandbox, path.slice(sandbox.length + 1).split('/'));
      try {
        await giveToGroup(directory, gid, false);
      } finally {
        await directory.close();
      }
    } finally {
      await around.close();
    }
  }

  async #write(): Promise<void> {
    this.#count();
    await this.#parts.write([...this.#given.values()]);
  }

  #count(): void {
    const { range, metrics } = this.#parts;
    const used = [...this.#given.values()].filter(({ gid }) => hasGid(range, gid)).length;
    metrics.gauge('volume_gid_manager/volume_gids_free').set(countGids(range) - used);
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const changed = this.#last.then(change);
    this.#last = changed.catch(() => undefined); // the caller gets the failure
    return changed;
  }
}

/** Returns the sandbox that a path is in: `…/runs/ID`, or `…/containers/ID`, the innermost. */
function sandboxOf(path: string): string {
  return /^.*\/(?:runs|containers)\/[^/]+/.exec(path)?.[0] ?? path;
}

async function openBelow(root: string, parts: readonly string[]): Promise<Directory> {
  let directory = await Directory.open(root, undefined);
  for (const part of parts) {
    const outer = directory;
    try {
      directory = await outer.enter(part);
    } finally {
      await outer.close();
    }
  }
  return directory;
}
