/**
 * Stores the seccomp filters of containers in `<runtime>/seccomp`, for the next agent: a container that is launched inside of
 * another one, for a check, gets its filter. The kernel does not tell it.
 */
import { readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkId, type IdMap, idProblem } from '@meseta/protocol';
import { makeDirectories, RepeatedRemovals } from '@meseta/system';
import type { ContainerKey } from '../container-id.ts';

/** The stored filters, as in a launch plan. See the top of this file. */
export class KeptFilters {
  readonly #directory: string;
  readonly #filters: IdMap<'containerKey', string> = new Map();

  readonly #removals: RepeatedRemovals<string>;

  /** @param runtimeDirectory the agent's `--runtime_dir`. */
  constructor(runtimeDirectory: string, onWarning: (message: string) => void) {
    this.#directory = join(runtimeDirectory, 'seccomp');
    this.#removals = new RepeatedRemovals({
      remove: name => unlink(join(this.#directory, name)).catch(unlessMissing),
      onRefused: (name, { message }) =>
        onWarning(`Cannot remove the filter of container ${name}, which is tried again until it is done: ${message}`),
    });
  }

  /** Returns the filter of a container; undefined when it has none. */
  get(key: ContainerKey): string | undefined {
    return this.#filters.get(key);
  }

  /** Stores the filter of a container before its launch. */
  async write(key: ContainerKey, filter: string): Promise<void> {
    this.#filters.set(key, filter);
    await this.#removals.reuse(key);
    await makeDirectories(this.#directory, 0o700);
    await writeFile(join(this.#directory, key), filter, { mode: 0o600 });
  }

  /** Removes the filter of a container, which may have none. Never rejects. */
  async remove(key: ContainerKey): Promise<void> {
    if (this.#filters.delete(key)) await this.#removals.remove(key);
  }

  /** Reads the filters of containers of an earlier agent, and removes those of others. */
  async recover(keys: ReadonlySet<ContainerKey>): Promise<void> {
    const same = new Map<string, string>(); // most containers have the same filter, which is kept once
    for (const name of (await readdir(this.#directory).catch(unlessMissing)) ?? []) {
      const key = idProblem(name) === undefined ? checkId<'containerKey'>(name) : undefined;
      if (key === undefined || !keys.has(key)) {
        await this.#removals.remove(name);
        continue;
      }
      // Without one, a container would be launched there unfiltered. The kernel refuses what is no filter, also the first part of one.
      const filter = (await readFile(join(this.#directory, name), 'utf8')) || 'damaged';
      this.#filters.set(key, same.get(filter) ?? filter);
      same.set(filter, this.#filters.get(key)!);
    }
  }

  /** Removes nothing any more: the next agent does. */
  close(): void {
    this.#removals.close();
  }
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
