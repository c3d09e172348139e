/**
 * Environments of containers that others may be launched in, kept in `<runtime>/environments` for the next agent. They
 * hold secrets: the directory is its owner's alone.
 */
import { mkdir, readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@meseta/protocol';
import type { ContainerKey } from '../container-id.ts';
import type { Environment } from '../environment.ts';

/** See the file's head. */
export class KeptEnvironments {
  readonly #directory: string;

  /** @param runtimeDirectory the agent's `--runtime_dir`. */
  constructor(runtimeDirectory: string) {
    this.#directory = join(runtimeDirectory, 'environments');
  }

  /** Keeps the environment of a container that is not launched yet. */
  async write(key: ContainerKey, environment: Environment): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    await writeFile(join(this.#directory, key), JSON.stringify(environment), { mode: 0o600 });
  }

  /** The environment of a container of which one was kept; it is whole, as it was written before anything ran. */
  async read(key: ContainerKey): Promise<Environment> {
    return parseJson(await readFile(join(this.#directory, key), 'utf8')) as Environment;
  }

  /** Forgets one container. */
  async remove(key: ContainerKey): Promise<void> {
    await this.#unlink(key);
  }

  /**
   * Forgets all but these: an agent that died in a launch has left the others.
   *
   * @returns those of which one is kept.
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
