import { join } from 'node:path';
import { takeDirectory } from '@meseta/system';
import type { AgentFlags } from '../flags.ts';
import { DirectoryLocks } from './directory-locks.ts';

/** The flags that say where an agent keeps its files. */
type DirectoryFlags = Pick<
  AgentFlags,
  | 'work_dir'
  | 'runtime_dir'
  | 'fetcher_cache_dir'
  | 'docker_store_dir'
  | 'image_providers'
  | 'http_executor_domain_sockets'
  | 'domain_socket_location'
>;

/** The directories that no other agent uses until they are released. */
export interface OwnDirectories {
  /** Their absolute paths, by flag. */
  readonly located: Required<Pick<DirectoryFlags, 'work_dir' | 'runtime_dir'>> & { readonly fetcher_cache_dir: string };
  /** Leaves them to the next agent. */
  release(): void;
}

/**
 * Makes the directories of an agent, or checks that no other user can change them, and locks them.
 *
 * @throws {DirectoryError} {DirectoryInUseError} {NotRegularFileError}
 */
export function takeDirectories(flags: DirectoryFlags): OwnDirectories {
  // Tasks of other users pass through the work directory on the way to their sandboxes.
  const work_dir = takeDirectory({ flag: '--work_dir', path: flags.work_dir, mode: 0o711 });
  takeDirectory({ flag: "the directory 'meta' of --work_dir", path: join(work_dir, 'meta'), closes: true });
  // Executors of other users pass through it to their socket.
  const mode = flags.http_executor_domain_sockets && flags.domain_socket_location === undefined ? 0o711 : 0o700;
  const runtime_dir = takeDirectory({ flag: '--runtime_dir', path: flags.runtime_dir, mode, closes: true });
  const locks = new DirectoryLocks();
  try {
    locks.take('work_dir', work_dir);
    locks.take('runtime_dir', runtime_dir);
    if (flags.image_providers !== undefined) {
      locks.take('docker_store_dir', takeDirectory({ flag: '--docker_store_dir', path: flags.docker_store_dir }));
    }
    const fetcher_cache_dir = takeDirectory({
      ...{ flag: '--fetcher_cache_dir', path: flags.fetcher_cache_dir ?? join(work_dir, 'fetch') },
      closes: true,
    });
    locks.take('fetcher_cache_dir', fetcher_cache_dir);
    return { located: { work_dir, runtime_dir, fetcher_cache_dir }, release: () => locks.release() };
  } catch (error) {
    locks.release();
    throw error;
  }
}
