/**
 * What the next agent must know of external containers, in `<runtime>/external/<container>`. Everything is written
 * before it is true: the container before its launch, a process before it gets its input, an end before it is reported.
 *
 * | file | |
 * |---|---|
 * | `container` | the sandbox |
 * | `launch`, `wait` | the process of that command |
 * | `termination` | how the container ended |
 */
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ContainerizerTermination, checkId, idProblem, parseJson } from '@meseta/protocol';
import type { ProcessId } from '@meseta/system';
import { readRegularFile } from '@meseta/system/regular-file';
import type { ContainerKey } from '../container-id.ts';

/** A process, and the boot in which it was started: after a reboot, pids belong to other processes. */
export interface StoredProcess extends ProcessId {
  readonly bootId: string;
}

/** What is stored about a container. */
export interface StoredContainer {
  /** Undefined of an orphan whose sandbox is not known. */
  readonly directory?: string;
  readonly launch?: StoredProcess;
  readonly wait?: StoredProcess;
  readonly termination?: ContainerizerTermination;
}

type Part = 'container' | 'launch' | 'wait' | 'termination';

/** The stored containers. See the top of this file. */
export class ExternalStore {
  readonly #directory: string;
  #boot: Promise<string> | undefined;

  /** @param runtimeDirectory the agent's `--runtime_dir`. */
  constructor(runtimeDirectory: string) {
    this.#directory = join(runtimeDirectory, 'external');
  }

  /** Stores a container before anything of it exists. */
  async add(key: ContainerKey, directory: string | undefined): Promise<void> {
    await mkdir(join(this.#directory, key), { recursive: true, mode: 0o700 });
    await this.#write(key, 'container', directory === undefined ? {} : { directory });
  }

  async setProcess(key: ContainerKey, command: 'launch' | 'wait', { pid, start }: ProcessId): Promise<void> {
    await this.#write(key, command, { pid, start, bootId: await this.bootId() });
  }

  async setTermination(key: ContainerKey, termination: ContainerizerTermination): Promise<void> {
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
      const part = <T extends object>(file: Part, isValid: (value: T) => boolean) =>
        this.#read(key, file, isValid).catch(error => {
          onDamage(join(this.#directory, key, file), error);
          return undefined;
        });
      const stored = await part<{ directory?: unknown }>('container', () => true);
      const { directory } = stored ?? {};
      const [launch, wait] = [await part('launch', isProcess), await part('wait', isProcess)];
      const termination = await part<ContainerizerTermination>('termination', () => true);
      found.set(key, {
        ...(typeof directory === 'string' && { directory }),
        ...(launch && { launch }),
        ...(wait && { wait }),
        ...(termination && { termination }),
      });
    }
    return found;
  }

  /** Returns the kernel's id of the current boot. */
  bootId(): Promise<string> {
    this.#boot ??= readRegularFile('/proc/sys/kernel/random/boot_id').then(bytes => bytes.toString().trim());
    return this.#boot;
  }

  /** Writes a file as a whole: an agent that is killed meanwhile leaves the old one, or none. */
  async #write(key: ContainerKey, part: Part, value: object): Promise<void> {
    const path = join(this.#directory, key, part);
    await writeFile(`${path}.new`, JSON.stringify(value), { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  /** @throws {SyntaxError} {NodeJS.ErrnoException} {NotRegularFileError} */
  async #read<T extends object>(key: ContainerKey, part: Part, isValid: (value: T) => boolean): Promise<T | undefined> {
    const bytes = await readRegularFile(join(this.#directory, key, part)).catch(unlessMissing);
    if (bytes === undefined) return undefined;
    const value = parseJson(bytes.toString()) as T | null;
    if (typeof value !== 'object' || value === null || !isValid(value))
      throw new SyntaxError('It is not what was written');
    return value;
  }
}

const isProcess = ({ pid, start, bootId }: StoredProcess) =>
  [pid, start].every(Number.isSafeInteger) && typeof bootId === 'string';

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
