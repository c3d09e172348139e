import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { containerKey } from '@meseta/containers/isolators';
import { type ContainerID, checkId } from '@meseta/protocol';

const temporary = '.tmp';

/**
 * Stores what a command isolator knows of its containers: one file for each container, named by its key, with the
 * container's config as JSON. The files are not synced, because no container survives a restart of the machine.
 *
 * @see mesos-command-modules, `/var/run/mesos/isolators/command/<module_name>`
 */
export class ContextStore {
  readonly #directory: string;

  constructor(runtimeDirectory: string, module: string) {
    this.#directory = join(runtimeDirectory, 'isolators', 'command', module);
  }

  /** Writes a file, completely or not at all. @throws an error with the message of mesos-command-modules. */
  async write(id: ContainerID, json: string): Promise<void> {
    const path = this.#path(id);
    try {
      await mkdir(this.#directory, { recursive: true, mode: 0o700 });
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

  /** Removes a container's file, and what a failed write of it left. */
  async remove(id: ContainerID): Promise<void> {
    const path = this.#path(id);
    for (const each of [`${path}${temporary}`, path]) await rm(each, { force: true });
  }

  /** Returns the ids of all stored containers, and removes incomplete files. */
  async list(): Promise<ContainerID[]> {
    const names = await readdir(this.#directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    for (const name of names.filter(each => each.endsWith(temporary))) await rm(join(this.#directory, name));
    return names.filter(name => !name.endsWith(temporary)).map(idOf);
  }

  #path(id: ContainerID): string {
    return join(this.#directory, checkId<'containerKey'>(containerKey(id)));
  }
}

/** Inverts `containerKey` for ids as agents make them: without dots. */
function idOf(key: string): ContainerID {
  const [first = '', ...nested] = key.split('.');
  return nested.reduce<ContainerID>((parent, value) => ({ value, parent }), { value: first });
}
