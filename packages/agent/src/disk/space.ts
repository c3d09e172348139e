/**
 * Whether the agent can write: on a full disk no task can be launched and no status written down.
 *
 * ```text
 *       a write met a full disk         it is full still
 * room ─────────────────────────▶ suspected ───────────▶ full ──┐ looks every second
 *   ▲ └─ a look found too little ──────┼──────────────────▲     │
 *   └──────────── there is room ───────┴────────────────────────┘
 * ```
 */
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@meseta/system';
import type { Logger } from '@meseta/telemetry';
import type { Disk } from './disk.ts';

/** A disk with less than this is full. The statuses and checkpoints of a few tasks take as much. */
const neededBytes = 1024 * 1024;
/** The time between two looks at the disk while it has room. */
const watchMs = 10_000;
/** The time between two looks while the disk is full. */
const waitMs = 1000;
/** The time between a failed write and the check of the disk: the failed launch is reported to the master meanwhile. */
const suspicionMs = 500;

const codes: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT']);

/** Tells whether a disk or a quota is full, by an error or its cause. */
export function isFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errno } = error as { code?: unknown; errno?: unknown };
  return codes.has(code) || codes.has(errno) || isFull(error.cause);
}

/** The directories to watch, and the callbacks of a full disk. */
export interface DiskSpaceOptions {
  /** Absolute; the work directory and the runtime directory. */
  readonly directories: readonly string[];
  /** Writes and removes the probe, a file of the directory. */
  readonly disk: Pick<Disk, 'perform'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** No task may come any more. */
  readonly onFull: () => void;
  /** Tasks may come again. */
  readonly onRoom: () => void;
}

/** Looks from `start` to `stop`. */
export class DiskSpace {
  readonly #options: DiskSpaceOptions;
  #state: 'room' | 'suspected' | 'full' = 'room';
  #cancel: () => void = () => {};
  #stopped = false;

  constructor(options: DiskSpaceOptions) {
    this.#options = options;
  }

  get isFull(): boolean {
    return this.#state === 'full';
  }

  /** Looks for the first time, and from then on again and again. */
  async start(): Promise<void> {
    for (const directory of this.#options.directories) await this.#removeProbe(directory); // of an agent that was killed while it looked
    await this.#look();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** A write failed, for whatever reason. */
  suspect(error: unknown): void {
    if (this.#state !== 'room' || this.#stopped || !isFull(error)) return;
    this.#state = 'suspected';
    this.#again(suspicionMs);
  }

  async #look(): Promise<void> {
    const { log, onFull, onRoom } = this.#options;
    const problem = await this.#problem();
    if (this.#stopped) return;
    const before = this.#state;
    this.#state = problem === undefined ? 'room' : 'full';
    if (problem !== undefined && before !== 'full') {
      log.error(`${problem}: the agent takes no tasks until there is room. Free some`);
      onFull();
    }
    if (problem === undefined && before === 'full') {
      log.warning('There is room on the disk again: the agent takes tasks');
      onRoom();
    }
    this.#again(problem === undefined ? watchMs : waitMs);
  }

  #again(ms: number): void {
    this.#cancel();
    this.#cancel = this.#options.clock.after(ms, () => void this.#look());
  }

  /** What is wrong with a directory; undefined when all have room. */
  async #problem(): Promise<string | undefined> {
    for (const directory of this.#options.directories) {
      const problem = await this.#problemOf(directory);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  async #problemOf(directory: string): Promise<string | undefined> {
    const free = await freeBytes(directory);
    if (free < neededBytes) return `The disk of '${directory}' is full (${free} bytes free)`;
    if (this.#state === 'room') return undefined;
    // Quotas and inodes, which the number of free blocks does not show.
    const probe = { type: 'write', path: probeOf(directory), data: Buffer.alloc(4096) } as const;
    const error = await this.#options.disk.perform([probe]).then(() => undefined, String);
    await this.#removeProbe(directory);
    return error && `Nothing can be written to '${directory}': ${error}`;
  }

  async #removeProbe(directory: string): Promise<void> {
    // The next probe writes the same file, and the next agent removes it.
    await this.#options.disk.perform([{ type: 'remove', path: probeOf(directory) }]).catch(() => undefined);
  }
}

const probeOf = (directory: string) => join(directory, 'room.probe');

/** Returns the free space; Infinity when it is unknown, for example of a removed directory. */
async function freeBytes(directory: string): Promise<number> {
  try {
    const { bsize, blocks, bfree, bavail } = await statfs(directory);
    return blocks === 0 ? Number.POSITIVE_INFINITY : bsize * (process.geteuid?.() === 0 ? bfree : bavail);
  } catch {
    return Number.POSITIVE_INFINITY; // a write to it fails with the reason
  }
}
