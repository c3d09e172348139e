/**
 * Where directories are removed: they are moved there in one step, and removed by another process. What a killed agent has moved is
 * removed by the next one.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeDirectories } from '@meseta/containers';
import type { Clock } from '@meseta/system';
import type { Logger, Metrics } from '@meseta/telemetry';
import type { Disk } from '../disk/disk.ts';
import { DiskError } from '../disk/operation.ts';
import type { Paths } from '../disk/paths.ts';
import { slices } from './garbage.ts';

/**
 * How many directories are removed together, by one process. One after the other would be slower than tasks can come and go, above
 * all on a busy machine.
 */
export const removalsAtOnce = 64;

/** A directory that was moved away. */
interface Moved {
  readonly parent: string;
  readonly name: string;
  /** Where it was. */
  readonly path: string;
}

/** What is needed of the agent. */
export interface TrashParts {
  readonly clock: Pick<Clock, 'now'>;
  readonly disk: Pick<Disk, 'perform'>;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly paths: Paths;
}

/** The directories of an agent in which others wait for their removal. */
export class Trash {
  readonly #parts: TrashParts;
  readonly #stopped: AbortSignal;
  #count = 0;

  /** @param stopped leaves what is left to the next agent. */
  constructor(parts: TrashParts, stopped: AbortSignal) {
    this.#parts = parts;
    this.#stopped = stopped;
  }

  /** Removes directories. What fails is logged and counted. */
  async remove(directories: readonly string[]): Promise<void> {
    const moved = (await Promise.all(directories.map(path => this.#moveAway(path)))).filter(each => each !== undefined);
    let removed = moved.length;
    for (const [parent, there] of Map.groupBy(moved, each => each.parent)) {
      const failures = await removeDirectories(
        parent,
        there.map(({ name }) => name),
        this.#stopped,
      );
      removed -= failures.length;
      for (const { name, error } of failures) {
        this.#failed(there.find(each => each.name === name)?.path ?? name, error);
      }
    }
    this.#parts.metrics.counter('gc/path_removals_succeeded').increment(removed);
  }

  /** Removes what an earlier agent, or an earlier try, has left. */
  async empty(): Promise<void> {
    const { disk, log, paths } = this.#parts;
    // On a disk that is full, nothing could be moved to a directory that is not there. Until then, nothing is lost without it.
    await disk.perform([{ type: 'mkdir', path: paths.trash }]).catch(() => undefined);
    for (const parent of [paths.trash, ...paths.otherTrash]) {
      for (const names of slices(await readdir(parent).catch(() => []), removalsAtOnce)) {
        if (this.#stopped.aborted) return;
        const failures = await removeDirectories(parent, names, this.#stopped);
        if (this.#stopped.aborted) return;
        for (const { name, error } of failures) {
          log.warning('Failed to remove a directory that is not in use any more', { path: join(parent, name), error });
        }
      }
    }
  }

  /** Moves a directory away; where an operator has mounted another disk, or linked to it, to a place on that. */
  async #moveAway(path: string): Promise<Moved | undefined> {
    const { clock, log, paths } = this.#parts;
    const name = `${clock.now()}-${this.#count++}`;
    log.info('Removing a directory that is not in use any more', { path });
    try {
      return await this.#moveTo(paths.trash, name, path).catch(error => {
        const other = paths.otherTrash.find(each => path.startsWith(join(each, '../')));
        if (!(error instanceof DiskError) || error.code !== 'EXDEV' || other === undefined) throw error;
        return this.#moveTo(other, name, path);
      });
    } catch (error) {
      this.#failed(path, error);
      return undefined;
    }
  }

  async #moveTo(parent: string, name: string, path: string): Promise<Moved> {
    await this.#parts.disk.perform([
      { type: 'mkdir', path: parent },
      { type: 'move', path, target: join(parent, name) },
    ]);
    return { parent, name, path };
  }

  #failed(path: string, error: unknown): void {
    if (this.#stopped.aborted) return; // the next agent removes the rest
    this.#parts.metrics.counter('gc/path_removals_failed').increment();
    this.#parts.log.warning('Failed to remove a directory that is not in use any more', { path, error });
  }
}
