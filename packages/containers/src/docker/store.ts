/**
 * What the next agent must know of Docker containers, in `<runtime>/docker/<container>`. Everything is written before it is true,
 * except `output`.
 *
 * | file | |
 * |---|---|
 * | `container` | its name in the engine, its sandbox, and what it is |
 * | `output` | how far its log is written to the sandbox |
 * | `termination` | how it ended |
 */
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkId, idProblem, parseJson } from '@meseta/protocol';
import { readRegularFile } from '@meseta/system/regular-file';
import type { ContainerKey } from '../container-id.ts';
import type { Termination } from '../containerizer.ts';
import type { LogPosition } from './output/log-position.ts';

/** A container as it was launched. */
export interface StoredLaunch {
  /** In the engine. */
  readonly name: string;
  /** The sandbox; undefined of an orphan whose sandbox is not known. */
  readonly directory?: string;
  /** A command task's, which the agent supervises; otherwise an executor's. */
  readonly isTask: boolean;
}

/** What is stored about a container. */
export interface StoredContainer {
  /** Undefined when it is damaged. */
  readonly launch?: StoredLaunch;
  readonly output?: LogPosition;
  readonly termination?: Termination;
}

type Part = 'container' | 'output' | 'termination';

/** The stored containers. See the top of this file. */
export class DockerStore {
  readonly #directory: string;

  /** @param runtimeDirectory the agent's `--runtime_dir`. */
  constructor(runtimeDirectory: string) {
    this.#directory = join(runtimeDirectory, 'docker');
  }

  /** Stores a container before anything of it exists. */
  async add(key: ContainerKey, launch: StoredLaunch): Promise<void> {
    await mkdir(join(this.#directory, key), { recursive: true, mode: 0o700 });
    await this.#write(key, 'container', launch);
  }

  async setOutput(key: ContainerKey, { time, ...position }: LogPosition): Promise<void> {
    await this.#write(key, 'output', { ...position, time: String(time) });
  }

  async setTermination(key: ContainerKey, termination: Termination): Promise<void> {
    await this.#write(key, 'termination', termination);
  }

  async remove(key: ContainerKey): Promise<void> {
    await rm(join(this.#directory, key), { recursive: true, force: true });
  }

  /** Reads all containers. @param onDamage is told of files that cannot be read; they count as missing. */
  async read(
    onDamage: (path: string, error: unknown) => void = () => {},
  ): Promise<ReadonlyMap<ContainerKey, StoredContainer>> {
    const names = await readdir(this.#directory).catch(unlessMissing);
    const found = new Map<ContainerKey, StoredContainer>();
    for (const name of names ?? []) {
      if (idProblem(name) !== undefined) continue;
      const key = checkId<'containerKey'>(name);
      const part = <T>(file: Part, parse: (value: Readonly<Record<string, unknown>>) => T | undefined) =>
        this.#read(key, file, parse).catch(error => {
          onDamage(join(this.#directory, key, file), error);
          return undefined;
        });
      const launch = await part('container', toLaunch);
      const [output, termination] = [await part('output', toPosition), await part('termination', toTermination)];
      found.set(key, { ...(launch && { launch }), ...(output && { output }), ...(termination && { termination }) });
    }
    return found;
  }

  /** Writes a file as a whole: an agent that is killed meanwhile leaves the old one, or none. */
  async #write(key: ContainerKey, part: Part, value: object): Promise<void> {
    const path = join(this.#directory, key, part);
    await writeFile(`${path}.new`, JSON.stringify(value), { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  /** @throws {SyntaxError} {NodeJS.ErrnoException} {NotRegularFileError} */
  async #read<T>(
    key: ContainerKey,
    part: Part,
    parse: (value: Readonly<Record<string, unknown>>) => T | undefined,
  ): Promise<T | undefined> {
    const bytes = await readRegularFile(join(this.#directory, key, part)).catch(unlessMissing);
    if (bytes === undefined) return undefined;
    const value = parseJson(bytes.toString());
    const parsed = typeof value === 'object' && value !== null ? parse(value as Record<string, unknown>) : undefined;
    if (parsed === undefined) throw new SyntaxError('It is not what was written');
    return parsed;
  }
}

function toLaunch({ name, directory, isTask }: Readonly<Record<string, unknown>>): StoredLaunch | undefined {
  if (typeof name !== 'string' || typeof isTask !== 'boolean') return undefined;
  return { name, isTask, ...(typeof directory === 'string' && { directory }) };
}

function toPosition({ time, count, sizes }: Readonly<Record<string, unknown>>): LogPosition | undefined {
  if (typeof time !== 'string' || !/^\d+$/.test(time) || typeof count !== 'number') return undefined;
  const { stdout, stderr } = (sizes ?? {}) as Partial<Record<string, unknown>>;
  if (typeof stdout !== 'number' || typeof stderr !== 'number') return undefined;
  return { time: BigInt(time), count, sizes: { stdout, stderr } };
}

function toTermination({ exit, ...rest }: Readonly<Record<string, unknown>>): Termination | undefined {
  const { kind } = (exit ?? {}) as { kind?: unknown };
  if (kind !== 'exited' && kind !== 'unknown' && kind !== 'not-started') return undefined;
  return { exit, ...rest } as Termination;
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
