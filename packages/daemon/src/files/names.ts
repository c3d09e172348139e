/** Names of users and groups by number, from `/etc/passwd` and `/etc/group`. */
import { readFile, stat } from 'node:fs/promises';

/** One of the two files, read again when it has changed. */
export class NameFile {
  readonly #path: string;
  #changed = -1;
  #names: ReadonlyMap<number, string> = new Map();

  constructor(path: string) {
    this.#path = path;
  }

  /** All names as of now; the last ones known when the file cannot be read. */
  async names(): Promise<ReadonlyMap<number, string>> {
    try {
      const { mtimeMs } = await stat(this.#path);
      if (mtimeMs !== this.#changed) {
        this.#names = parseNames(await readFile(this.#path, 'utf8'));
        this.#changed = mtimeMs;
      }
    } catch {
      // machines without the file show numbers
    }
    return this.#names;
  }
}

function parseNames(text: string): Map<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [name, , id] = line.split(':');
    // The first of several names of a number is the one the system shows.
    if (name && id !== undefined && /^\d+$/.test(id) && !names.has(Number(id))) names.set(Number(id), name);
  }
  return names;
}

/** The names of users by uid. */
export const users = new NameFile('/etc/passwd');
/** The names of groups by gid. */
export const groups = new NameFile('/etc/group');
