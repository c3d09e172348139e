/**
 * What a containerizer stores of its containers for the next agent: a directory for each container, with a JSON file for
 * each part of what is known.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checkId, idProblem, parseJson } from '@meseta/protocol';
import { makeDirectories, RepeatedRemovals } from '@meseta/system';
import { readRegularFile } from '@meseta/system/regular-file';
import { replaceFile } from '@meseta/system/replace-file';
import type { Logger } from '@meseta/telemetry';
import type { ContainerKey } from './container-id.ts';

/** A JSON object as it was stored. */
export type Stored = Readonly<Record<string, unknown>>;

/** Reads one part of a container. `parse` returns undefined for what was not written like this. */
export type ReadPart<Part extends string> = <T>(
  part: Part,
  parse: (stored: Stored) => T | undefined,
) => Promise<T | undefined>;

/** The records in one directory. See the top of this file. @typeParam Part the names of the files. */
export class ContainerRecords<Part extends string> {
  readonly #directory: string;
  readonly #removals: RepeatedRemovals<ContainerKey>;

  constructor(directory: string, log: Logger) {
    this.#directory = directory;
    this.#removals = new RepeatedRemovals({
      remove: key => rm(join(directory, key), { recursive: true, force: true }),
      onRefused: (container_id, error) =>
        log.warning('Failed to remove the record of a container; trying again', { error, container_id }),
    });
  }

  /** Begins a record with its first part. */
  async add(key: ContainerKey, part: Part, value: object): Promise<void> {
    await this.#removals.reuse(key);
    await makeDirectories(join(this.#directory, key), 0o700);
    await this.write(key, part, value);
  }

  /** Writes a part as a whole: an agent that is killed meanwhile leaves the old one, or none. */
  async write(key: ContainerKey, part: Part, value: object): Promise<void> {
    await replaceFile(join(this.#directory, key, part), JSON.stringify(value), { durable: false });
  }

  /** Removes the record of a container. Never rejects. */
  remove(key: ContainerKey): Promise<void> {
    return this.#removals.remove(key);
  }

  /** Removes nothing any more: the next agent does. */
  close(): void {
    this.#removals.close();
  }

  /**
   * Reads all records.
   *
   * @param ofParts makes a container of its parts.
   * @param onDamage is told of files that cannot be read; they count as missing.
   */
  async read<T>(
    ofParts: (part: ReadPart<Part>) => Promise<T>,
    onDamage: (path: string, error: unknown) => void,
  ): Promise<ReadonlyMap<ContainerKey, T>> {
    const found = new Map<ContainerKey, T>();
    for (const name of (await readdir(this.#directory).catch(unlessMissing)) ?? []) {
      if (idProblem(name) !== undefined) continue;
      const part: ReadPart<Part> = async (file, parse) => {
        const path = join(this.#directory, name, file);
        try {
          return await readPart(path, parse);
        } catch (error) {
          onDamage(path, error);
          return undefined;
        }
      };
      found.set(checkId<'containerKey'>(name), await ofParts(part));
    }
    return found;
  }
}

/** @throws {SyntaxError} {NodeJS.ErrnoException} {NotRegularFileError} */
async function readPart<T>(path: string, parse: (stored: Stored) => T | undefined): Promise<T | undefined> {
  const bytes = await readRegularFile(path).catch(unlessMissing);
  if (bytes === undefined) return undefined;
  const value = parseJson(bytes.toString());
  const parsed = typeof value === 'object' && value !== null ? parse(value as Stored) : undefined;
  if (parsed === undefined) throw new SyntaxError('It is not what was written');
  return parsed;
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
