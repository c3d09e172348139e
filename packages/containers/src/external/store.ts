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
import { join } from 'node:path';
import type { ContainerizerTermination } from '@meseta/protocol';
import type { ProcessId } from '@meseta/system';
import { readRegularFile } from '@meseta/system/regular-file';
import type { Logger } from '@meseta/telemetry';
import type { ContainerKey } from '../container-id.ts';
import { ContainerRecords, type Stored } from '../container-records.ts';

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
  readonly #records: ContainerRecords<Part>;
  #boot: Promise<string> | undefined;

  /** @param runtimeDirectory the agent's `--runtime_dir`. */
  constructor(runtimeDirectory: string, log: Logger) {
    this.#records = new ContainerRecords(join(runtimeDirectory, 'external'), log);
  }

  /** Stores a container before anything of it exists. */
  async add(key: ContainerKey, directory: string | undefined): Promise<void> {
    await this.#records.add(key, 'container', directory === undefined ? {} : { directory });
  }

  async setProcess(key: ContainerKey, command: 'launch' | 'wait', { pid, start }: ProcessId): Promise<void> {
    await this.#records.write(key, command, { pid, start, bootId: await this.bootId() });
  }

  async setTermination(key: ContainerKey, termination: ContainerizerTermination): Promise<void> {
    await this.#records.write(key, 'termination', termination);
  }

  /** Removes what is stored of a container. Never rejects. */
  remove(key: ContainerKey): Promise<void> {
    return this.#records.remove(key);
  }

  /** Removes nothing any more: the next agent does. */
  close(): void {
    this.#records.close();
  }

  /** Reads all containers. @param onDamage is told of files that cannot be read; they count as missing. */
  async read(
    onDamage: (path: string, error: unknown) => void = () => {},
  ): Promise<ReadonlyMap<ContainerKey, StoredContainer>> {
    return this.#records.read(async part => {
      const container = await part('container', toContainer);
      const [launch, wait] = [await part('launch', toProcess), await part('wait', toProcess)];
      const termination = await part('termination', stored => stored as unknown as ContainerizerTermination);
      return { ...container, ...(launch && { launch }), ...(wait && { wait }), ...(termination && { termination }) };
    }, onDamage);
  }

  /** Returns the kernel's id of the current boot. */
  bootId(): Promise<string> {
    this.#boot ??= readRegularFile('/proc/sys/kernel/random/boot_id').then(bytes => bytes.toString().trim());
    return this.#boot;
  }
}

function toContainer({ directory }: Stored): Pick<StoredContainer, 'directory'> {
  return typeof directory === 'string' ? { directory } : {};
}

function toProcess({ pid, start, bootId }: Stored): StoredProcess | undefined {
  if (!isWhole(pid) || !isWhole(start) || typeof bootId !== 'string') return undefined;
  return { pid, start, bootId };
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);
