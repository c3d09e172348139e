/** Chooses where the registry is stored. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { memoryEngine, type StorageEngine, sqliteEngine } from '@meseta/storage';
import { takeDirectory } from '@meseta/system';
import { assertRegularFile } from '@meseta/system/regular-file';
import type { Logger } from '@meseta/telemetry';
import type { MasterFlags } from '../flags.ts';

/** The node below the path of `--zk` that holds the registry. Mesos has `log_replicas` and `json.info_…` there. */
export const registryNode = 'registry';

/** The store of the registry, and the end of what goes on beside it. */
export interface RegistryStore {
  readonly engine: StorageEngine;
  close(): Promise<void>;
}

const alone = (engine: StorageEngine): RegistryStore => ({ engine, close: async () => undefined });

/**
 * Returns the store of the registry: in ZooKeeper with `--zk`, else in a file below `--work_dir`, or with
 * `--registry=in_memory` in memory. A file of another process, or of none, is found when the store is opened.
 *
 * @throws {DirectoryError} when `--work_dir` cannot be created, or belongs to another user.
 * @throws {NotRegularFileError} when something else is in the place of the store's files.
 * @throws {ZooKeeperAddressError} when `--zk` is no address.
 */
export async function registryStore(flags: MasterFlags, log: Logger): Promise<RegistryStore> {
  const { registry, work_dir, zk } = flags;
  if (registry === 'in_memory' || work_dir === undefined) return alone(memoryEngine());
  const file = join(takeDirectory({ flag: '--work_dir', path: work_dir }), 'registry.db');
  if (zk !== undefined) {
    if (existsSync(file)) {
      log.warning(
        'The registry below --work_dir is not used: with --zk it is in ZooKeeper. See `meseta registry copy`',
        {
          file,
        },
      );
    }
    return zooKeeperRegistry(flags, zk.value, join(dirname(file), 'registry.revision'), log);
  }
  for (const each of ['', '-wal', '-shm', '-journal']) assertRegularFile(`${file}${each}`);
  return alone(sqliteEngine(file));
}

/**
 * Loads the client only with `--zk`.
 *
 * @param revisionFile where this machine notes how far the registry is written.
 */
async function zooKeeperRegistry(
  flags: MasterFlags,
  zk: string,
  revisionFile: string,
  log: Logger,
): Promise<RegistryStore> {
  const { followZooKeeperStore, parseZooKeeperAddress, RevisionFile, zooKeeperEngine } = await import(
    '@meseta/storage/zookeeper'
  );
  assertRegularFile(revisionFile);
  const known = new RevisionFile(revisionFile, error => {
    const file = revisionFile;
    if (error === undefined) return log.info('How far the registry is written is noted again', { file });
    const help = 'make room on the file system of --work_dir, or make it writable';
    log.warning(`How far the registry is written cannot be noted: ${help}. The master goes on`, { file, error });
  });
  const address = parseZooKeeperAddress(zk);
  const options = {
    address: { ...address, path: `${address.path}/${registryNode}` },
    sessionTimeoutMs: flags.zk_session_timeout,
    openTimeoutMs: flags.registry_fetch_timeout,
    commitTimeoutMs: flags.registry_store_timeout,
    initialize: flags.log_auto_initialize,
    known,
    report: (level: 'info' | 'warning', message: string) => log[level](message),
  };
  return { engine: zooKeeperEngine(options), close: followZooKeeperStore(options, known) };
}
