import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { WireId } from '@meseta/protocol';
import { idProblem, parseJson } from '@meseta/protocol';
import { SchedulerError } from './errors.ts';

/** Keeps the id of a framework, so that it continues after a restart of its process. */
export interface FrameworkStore {
  /** Returns the stored id; undefined when there is none. */
  load(): Promise<WireId<'framework'> | undefined>;
  /** Stores the id. It must outlive the process, and the machine if the framework shall, when the promise resolves. */
  save(id: WireId<'framework'>): Promise<void>;
  /** Removes the id, after the end of the framework. */
  clear(): Promise<void>;
}

/** Makes a store that forgets the id with the process. */
export function memoryStore(): FrameworkStore {
  let stored: WireId<'framework'> | undefined;
  return {
    load: async () => stored,
    save: async id => {
      stored = id;
    },
    clear: async () => {
      stored = undefined;
    },
  };
}

/**
 * Makes a store in a file, which is replaced as a whole and synced to disk.
 *
 * @param path of a file in a directory that exists: `{"framework_id": "…"}`.
 */
export function fileStore(path: string): FrameworkStore {
  return {
    async load() {
      const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw new SchedulerError('STORE_UNREADABLE', `Cannot read ${path}: ${error.message}`, { cause: error });
      });
      return text === undefined ? undefined : idIn(text, path);
    },
    save: id => replaceFile(path, `${JSON.stringify({ framework_id: id })}\n`),
    clear: () => rm(path, { force: true }),
  };
}

function idIn(text: string, path: string): WireId<'framework'> {
  let id: unknown;
  try {
    id = (parseJson(text) as { framework_id?: unknown } | null)?.framework_id;
  } catch (cause) {
    throw new SchedulerError('STORE_UNREADABLE', `${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const problem = typeof id === 'string' ? idProblem(id) : 'it is not {"framework_id": "…"}';
  if (typeof id === 'string' && problem === undefined) return id;
  throw new SchedulerError('STORE_UNREADABLE', `There is no framework id in ${path}: ${problem}`);
}

/**
 * Replaces a file as a whole, so that after a crash it has the old contents or the new ones. Resolves when the new ones
 * are on disk.
 */
async function replaceFile(path: string, contents: string): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(contents);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const directory = await open(dirname(path));
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
