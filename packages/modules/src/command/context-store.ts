import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { containerKey } from '@meseta/containers/isolators';
import { type ContainerID, checkId } from '@meseta/protocol';

const temporary = '.tmp';

/**
 * What a command isolator knows of its containers, on disk: one file per container, named by its key, which holds the
 * config as JSON. Not synced: it need not survive the machine, for no container does.
 *
 * @see the original's `/var/run/mesos/isolators/command/<module_name>`
 */
export class ContextStore {
  readonly #directory: string;

  constructor(runtimeDirectory: string, module: string) {
    this.#directory = join(runtimeDirectory, 'isolators', 'command', module);
  }

  /** Whole or not at all. @throws an error that says so, in the original's words. */
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

  /** Also what a failed write has left. */
  async remove(id: ContainerID): Promise<void> {
    const path = this.#path(id);
    for (const each of [`${path}${temporary}`, path]) await rm(each, { force: true });
  }

  /** The ids of all that are there; half-written ones are removed. */
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

/** The inverse of `containerKey`, for ids as agents make them: without dots. */
function idOf(key: string): ContainerID {
  const [first = '', ...nested] = key.split('.');
  return nested.reduce<ContainerID>((parent, value) => ({ value, parent }), { value: first });
}
