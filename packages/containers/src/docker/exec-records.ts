/** Which commands clients run in Docker containers, in `<runtime>/docker-execs/<container>`: the next agent ends those that are left. */
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@meseta/protocol';
import { ifAbsent, makeDirectories, RepeatedRemovals } from '@meseta/system';
import { readRegularFile } from '@meseta/system/regular-file';
import type { Logger } from '@meseta/telemetry';
import type { ContainerKey } from '../container-id.ts';

/** A command of the engine. */
export interface ExecRecord {
  /** Of the command. */
  readonly engineId: string;
  /** Of the container that it is in. */
  readonly container: string;
}

/** See the file's head. */
export class ExecRecords {
  readonly #directory: string;

  readonly #removals: RepeatedRemovals<string>;

  /** @param runtimeDirectory the agent's `--runtime_dir`. */
  constructor(runtimeDirectory: string, log: Logger) {
    this.#directory = join(runtimeDirectory, 'docker-execs');
    this.#removals = new RepeatedRemovals({
      remove: name => rm(join(this.#directory, name), { force: true }),
      onRefused: (container_id, error) =>
        log.warning('Failed to remove the record of a command; trying again', { error, container_id }),
    });
  }

  /** Stores a command before it is started. */
  async add(key: ContainerKey, record: ExecRecord): Promise<void> {
    await this.#removals.reuse(key);
    await makeDirectories(this.#directory, 0o700);
    await writeFile(join(this.#directory, key), JSON.stringify(record), { mode: 0o600 });
  }

  /** Never rejects. */
  remove(name: string): Promise<void> {
    return this.#removals.remove(name);
  }

  /** Removes nothing any more: the next agent does. */
  close(): void {
    this.#removals.close();
  }

  /** Returns those that an earlier agent has left, by the names of their files; undefined for one that is damaged. */
  async all(): Promise<Map<string, ExecRecord | undefined>> {
    const names = await readdir(this.#directory).catch(ifAbsent([] as string[])); // there was none yet
    const found = await Promise.all(names.map(async name => [name, await this.#read(name)] as const));
    return new Map(found);
  }

  async #read(name: string): Promise<ExecRecord | undefined> {
    try {
      const json = parseJson(
        (await readRegularFile(join(this.#directory, name))).toString(),
      ) as Partial<ExecRecord> | null;
      const { engineId, container } = json ?? {};
      return typeof engineId === 'string' && typeof container === 'string' ? { engineId, container } : undefined;
    } catch {
      return undefined; // the machine went down while it was written
    }
  }
}
