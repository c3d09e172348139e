/**
 * What the next agent must know of Docker containers, in `<runtime>/docker/<container>`. Everything is written before it is true,
 * except `output`.
 *
 * | file | |
 * |---|---|
 * | `container` | its name in the engine, its sandbox, and what it is |
 * | `output` | how far its log is written to the sandbox |
 * | `termination` | how it ended |
 * | `aborted` | that the agent has signalled or destroyed it |
 */
import { join } from 'node:path';
import type { Logger } from '@meseta/telemetry';
import type { ContainerKey } from '../container-id.ts';
import { ContainerRecords, type Stored } from '../container-records.ts';
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
  /** It has a terminal, so that its log has no frames. */
  readonly hasTerminal?: boolean;
  /** Its network, in the engine's words. */
  readonly networkMode?: string;
}

/** What is stored about a container. */
export interface StoredContainer {
  /** It was signalled or destroyed by the agent. Stored with `--docker_remove_on_abort` only. */
  readonly isAborted?: boolean;
  /** Undefined when it is damaged. */
  readonly launch?: StoredLaunch;
  readonly output?: LogPosition;
  readonly termination?: Termination;
}

type Part = 'container' | 'output' | 'termination' | 'aborted';

/** The stored containers. See the top of this file. */
export class DockerStore {
  readonly #records: ContainerRecords<Part>;

  /** @param runtimeDirectory the agent's `--runtime_dir`. */
  constructor(runtimeDirectory: string, log: Logger) {
    this.#records = new ContainerRecords(join(runtimeDirectory, 'docker'), log);
  }

  /** Stores a container before anything of it exists. */
  async add(key: ContainerKey, launch: StoredLaunch): Promise<void> {
    await this.#records.add(key, 'container', launch);
  }

  async setOutput(key: ContainerKey, { time, ...position }: LogPosition): Promise<void> {
    await this.#records.write(key, 'output', { ...position, time: String(time) });
  }

  async setTermination(key: ContainerKey, termination: Termination): Promise<void> {
    await this.#records.write(key, 'termination', termination);
  }

  /** Stores that a container does not come to its end by itself. */
  async setAborted(key: ContainerKey): Promise<void> {
    await this.#records.write(key, 'aborted', {});
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
      const launch = await part('container', toLaunch);
      const [output, termination] = [await part('output', toPosition), await part('termination', toTermination)];
      const isAborted = await part('aborted', () => true);
      return {
        ...(isAborted && { isAborted }),
        ...(launch && { launch }),
        ...(output && { output }),
        ...(termination && { termination }),
      };
    }, onDamage);
  }
}

function toLaunch({ name, directory, isTask, hasTerminal }: Stored): StoredLaunch | undefined {
  if (typeof name !== 'string' || typeof isTask !== 'boolean') return undefined;
  return {
    ...{ name, isTask },
    ...(typeof directory === 'string' && { directory }),
    ...(hasTerminal === true && { hasTerminal }),
  };
}

function toPosition({ time, count, sizes }: Stored): LogPosition | undefined {
  if (typeof time !== 'string' || !/^\d+$/.test(time) || typeof count !== 'number') return undefined;
  const { stdout, stderr } = (sizes ?? {}) as Partial<Record<string, unknown>>;
  if (typeof stdout !== 'number' || typeof stderr !== 'number') return undefined;
  return { time: BigInt(time), count, sizes: { stdout, stderr } };
}

function toTermination({ exit, ...rest }: Stored): Termination | undefined {
  const { kind } = (exit ?? {}) as { kind?: unknown };
  if (kind !== 'exited' && kind !== 'unknown' && kind !== 'not-started') return undefined;
  return { exit, ...rest } as Termination;
}
