/**
 * Stores the environments of containers in which debug containers may be launched, in `<runtime>/environments`, for the
 * next agent. They contain secrets, so only the directory's owner has access.
 */
import { mkdir, readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@meseta/protocol';
import type { ContainerKey } from '../container-id.ts';
import type { Environment } from '../environment.ts';

/** The stored environments. See the top of this file. */
export class KeptEnvironments {
  readonly #directory: string;

  /** @param runtimeDirectory the agent's `--runtime_dir`. */
  constructor(runtimeDirectory: string) {
    this.#directory = join(runtimeDirectory, 'environments');
  }

  /** Stores the environment of a container before its launch. */
  async write(key: ContainerKey, environment: Environment): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    await writeFile(join(this.#directory, key), JSON.stringify(environment), { mode: 0o600 });
  }

  /** Reads a stored environment. It is complete, because it was written before the program ran. */
  async read(key: ContainerKey): Promise<Environment> {
    return parseJson(await readFile(join(this.#directory, key), 'utf8')) as Environment;
  }

  /** Removes the environment of one container. */
  async remove(key: ContainerKey): Promise<void> {
    await this.#unlink(key);
  }

  /**
   * Removes all other environments: an agent that was killed during a launch may have left some.
   *
   * @returns the keys whose environment is stored.
   */
  async retain(keys: ReadonlySet<ContainerKey>): Promise<ReadonlySet<ContainerKey>> {
    const names = new Set((await readdir(this.#directory).catch(unlessMissing)) ?? []);
    await Promise.all([...names.difference(keys)].map(name => this.#unlink(name)));
    return keys.intersection(names);
  }

  async #unlink(name: string): Promise<void> {
    await unlink(join(this.#directory, name)).catch(unlessMissing);
  }
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
