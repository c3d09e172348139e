import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { containerKey } from '@meseta/containers/isolators';
import { type ContainerID, checkId } from '@meseta/protocol';
import { makeDirectories, RepeatedRemovals } from '@meseta/system';
import type { Logger } from '@meseta/telemetry';

const temporary = '.tmp';

/**
 * Stores what a command isolator knows of its containers: one file for each container, named by its key, with the
 * container's config as JSON. The files are not synced, because no container survives a restart of the machine.
 *
 * @see mesos-command-modules, `/var/run/mesos/isolators/command/<module_name>`
 */
export class ContextStore {
  readonly #directory: string;
  /** Of files, by their names. */
  readonly #removals: RepeatedRemovals<string>;

  constructor(runtimeDirectory: string, module: string, log: Logger) {
    this.#directory = join(runtimeDirectory, 'isolators', 'command', module);
    this.#removals = new RepeatedRemovals({
      remove: name => rm(join(this.#directory, name), { force: true }),
      onRefused: (file, error) =>
        log.warning('Failed to remove the context file of a container; trying again', { error, file }),
    });
  }

  /** Writes a file, completely or not at all. @throws an error with the message of mesos-command-modules. */
  async write(id: ContainerID, json: string): Promise<void> {
    const path = this.#path(id);
    for (const name of namesOf(id)) await this.#removals.reuse(name);
    try {
      await makeDirectories(this.#directory, 0o700);
      await writeFile(`${path}${temporary}`, json, { mode: 0o600 });
      await rename(`${path}${temporary}`, path);
    } catch (cause) {
      const message = `Failed writing context file for container ${containerKey(id)}: ${(cause as Error).message}`;
      throw new Error(message, { cause });
    }
  }

  /** @throws what the file system throws. */
  async read(id: ContainerID): Promise<string> {
    return readFile(this.#path(id), 'utf8');
  }

  /** Removes a container's file, and what a failed write of it left. Never rejects. */
  async remove(id: ContainerID): Promise<void> {
    for (const name of namesOf(id)) await this.#removals.remove(name);
  }

  /** Removes nothing any more: the next agent does. */
  close(): void {
    this.#removals.close();
  }

  /** Returns the ids of all stored containers, and removes incomplete files. */
  async list(): Promise<ContainerID[]> {
    const names = await readdir(this.#directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    for (const name of names.filter(each => each.endsWith(temporary))) await this.#removals.remove(name);
    return names.filter(name => !name.endsWith(temporary)).map(idOf);
  }

  #path(id: ContainerID): string {
    return join(this.#directory, nameOf(id));
  }
}

const nameOf = (id: ContainerID) => checkId<'containerKey'>(containerKey(id));
const namesOf = (id: ContainerID) => [`${nameOf(id)}${temporary}`, nameOf(id)];

/** Inverts `containerKey` for ids as agents make them: without dots. */
function idOf(key: string): ContainerID {
  const [first = '', ...nested] = key.split('.');
  return nested.reduce<ContainerID>((parent, value) => ({ value, parent }), { value: first });
}
