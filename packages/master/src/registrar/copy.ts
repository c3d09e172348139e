/** Copies a registry between a file and ZooKeeper. */
import { existsSync } from 'node:fs';
import { type Storage, sqliteEngine, type Variable } from '@meseta/storage';
import {
  parseZooKeeperAddress,
  readZooKeeperStore,
  type ZooKeeperStoreOptions,
  zooKeeperEngine,
} from '@meseta/storage/zookeeper';
import { assertRegularFile } from '@meseta/system/regular-file';
import { registryNode } from './engine.ts';

/** A registry cannot be copied. The message says what to do. */
export class RegistryCopyError extends Error {
  override readonly name = 'RegistryCopyError';
  readonly code = 'REGISTRY_COPY_REFUSED';
}

/** What was copied. */
export interface CopiedRegistry {
  readonly variables: number;
  readonly bytes: number;
}

const timeoutMs = 60_000;

/**
 * Copies a whole registry to a place where there is none, in one step.
 *
 * @param from a file `registry.db`, whose master must have ended, or the `zk://` address of a cluster, whose masters may
 *   go on: the copy is the registry as it was at one time.
 * @param to a file that does not exist, or holds no registry; or a `zk://` address below which there is none.
 * @throws {RegistryCopyError} when there is no registry to copy, or one in the other place.
 * @throws {StorageError} of the stores.
 * @throws {ZooKeeperAddressError} of an address.
 * @throws {NotRegularFileError} when a file is no regular one.
 */
export async function copyRegistry(from: string, to: string): Promise<CopiedRegistry> {
  const variables = await readAll(from);
  if (variables.length === 0) throw new RegistryCopyError(`There is no registry in ${shown(from)}`);
  // Looked at before it is opened: to open the registry of a running cluster ends its leading master.
  if (isZooKeeper(to) && (await readAll(to)).length > 0) throw occupied(to);
  const target = await openTarget(to);
  try {
    if ((await target.load()).size > 0) throw occupied(to);
    await target.commit(variables.map(({ name, value }) => ({ name, value, expectedVersion: 0 })));
  } finally {
    await target.close();
  }
  const bytes = variables.reduce((sum, { value }) => sum + value.length, 0);
  return { variables: variables.length, bytes };
}

function occupied(place: string): RegistryCopyError {
  return new RegistryCopyError(
    `There is a registry in ${shown(place)} already; it is not overwritten, remove it first`,
  );
}

async function readAll(place: string): Promise<readonly Variable[]> {
  if (isZooKeeper(place)) return (await readZooKeeperStore(zooKeeperOptions(place))) ?? [];
  if (!existsSync(place)) throw new RegistryCopyError(`There is no registry in '${place}': no such file`);
  assertRegularFile(place);
  const storage = await sqliteEngine(place).openTerm();
  try {
    return [...(await storage.load()).values()];
  } finally {
    await storage.close();
  }
}

async function openTarget(place: string): Promise<Storage> {
  if (isZooKeeper(place)) return zooKeeperEngine(zooKeeperOptions(place)).openTerm();
  if (existsSync(place)) assertRegularFile(place);
  return sqliteEngine(place).openTerm();
}

function isZooKeeper(place: string): boolean {
  return place.startsWith('zk://');
}

function zooKeeperOptions(place: string): ZooKeeperStoreOptions {
  const address = parseZooKeeperAddress(place);
  return {
    address: { ...address, path: `${address.path}/${registryNode}` },
    sessionTimeoutMs: 10_000,
    openTimeoutMs: timeoutMs,
    commitTimeoutMs: timeoutMs,
  };
}

/** Without credentials. */
function shown(place: string): string {
  return `'${isZooKeeper(place) ? place.replace(/^zk:\/\/.*@/, 'zk://') : place}'`;
}
