import { readFile, rm } from 'node:fs/promises';
import type { WireId } from '@meseta/protocol';
import { idProblem, parseJson } from '@meseta/protocol';
import { replaceFile } from '@meseta/system/replace-file';
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
    save: id => replaceFile(path, `${JSON.stringify({ framework_id: id })}\n`, { durable: true }),
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
