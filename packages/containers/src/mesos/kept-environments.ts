/**
 * Stores what debug containers inherit of the containers that they may be launched in, in `<runtime>/environments`, for the
 * next agent. Environments contain secrets, so only the directory's owner has access.
 */
import { readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@meseta/protocol';
import { makeDirectories, RepeatedRemovals } from '@meseta/system';
import type { Logger } from '@meseta/telemetry';
import type { ContainerKey } from '../container-id.ts';
import type { Environment } from '../environment.ts';

/** What debug containers inherit. */
export interface Inherited {
  readonly environment: Environment;
  /** Undefined: it was stored by an agent that did not keep it. */
  readonly workingDirectory: string | undefined;
}

/** The stored environments. See the top of this file. */
export class KeptEnvironments {
  readonly #directory: string;
  readonly #log: Logger;
  readonly #removals: RepeatedRemovals<string>;

  /** @param runtimeDirectory the agent's `--runtime_dir`. */
  constructor(runtimeDirectory: string, log: Logger) {
    this.#directory = join(runtimeDirectory, 'environments');
    this.#log = log;
    this.#removals = new RepeatedRemovals({
      remove: name => unlink(join(this.#directory, name)).catch(unlessMissing),
      onRefused: (container_id, error) =>
        log.warning('Failed to remove the environment of a container, which may have secrets; trying again', {
          ...{ error, container_id, directory: this.#directory },
        }),
    });
  }

  /** Stores what is inherited of a container before its launch. */
  async write(key: ContainerKey, inherited: Inherited): Promise<void> {
    await this.#removals.reuse(key);
    await makeDirectories(this.#directory, 0o700);
    await writeFile(join(this.#directory, key), JSON.stringify(inherited), { mode: 0o600 });
  }

  /**
   * Reads a stored environment. It is complete, because it was written before the program ran; one that is damaged is
   * undefined.
   */
  async read(key: ContainerKey): Promise<Inherited | undefined> {
    const path = join(this.#directory, key);
    try {
      const stored = parseJson(await readFile(path, 'utf8')) as Inherited | Environment | null;
      if (typeof stored !== 'object' || stored === null) throw new SyntaxError('it is no object');
      if (isInherited(stored)) return stored;
      return { environment: stored, workingDirectory: undefined }; // of an agent that stored variables only
    } catch (error) {
      this.#log.warning('Ignored a damaged environment of a container', { error, container_id: key, path });
      return undefined;
    }
  }

  /** Removes the environment of one container. Never rejects. */
  remove(key: ContainerKey): Promise<void> {
    return this.#removals.remove(key);
  }

  /**
   * Removes all other environments: an agent that was killed during a launch may have left some.
   *
   * @returns the keys whose environment is stored.
   */
  async retain(keys: ReadonlySet<ContainerKey>): Promise<ReadonlySet<ContainerKey>> {
    const names = new Set((await readdir(this.#directory).catch(unlessMissing)) ?? []);
    await Promise.all([...names.difference(keys)].map(name => this.#removals.remove(name)));
    return keys.intersection(names);
  }

  /** Removes nothing any more: the next agent does. */
  close(): void {
    this.#removals.close();
  }
}

function isInherited(stored: Inherited | Environment): stored is Inherited {
  return typeof stored.environment === 'object';
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
