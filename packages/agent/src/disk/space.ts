/**
 * Whether the agent can write: on a disk that is full, or mounted read-only, no task can be launched and no status written down.
 *
 * ```text
 *       a write met a full disk         it is full still
 * room ─────────────────────────▶ suspected ───────────▶ full ──┐ looks every second
 *   ▲ └─ a look found too little ──────┼──────────────────▲     │
 *   └──────────── there is room ───────┴────────────────────────┘
 * ```
 */
import { access, constants, statfs } from 'node:fs/promises';
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

/** A disk with fewer inodes is full. A launch takes some twenty. */
const neededFiles = 64;

const noRoom: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT']);
const codes: ReadonlySet<unknown> = new Set([...noRoom, 'EROFS']);
/** A disk that fails may fail once or from now on. */
const failing: ReadonlySet<unknown> = new Set(['EIO']);

/** Tells whether nothing can be written to a disk or within a quota, by an error or its cause. */
export function isFull(error: unknown): boolean {
  return hasCode(error, codes);
}

function hasCode(error: unknown, those: ReadonlySet<unknown>): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errno } = error as { code?: unknown; errno?: unknown };
  return those.has(code) || those.has(errno) || hasCode(error.cause, those);
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
  /** Directories whose probe could not be removed. */
  readonly #withProbe = new Set<string>();

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
    if (this.#state !== 'room' || this.#stopped || !(isFull(error) || hasCode(error, failing))) return;
    this.#state = 'suspected';
    this.#again(suspicionMs);
  }

  async #look(): Promise<void> {
    const { log, onFull, onRoom } = this.#options;
    for (const directory of this.#withProbe) await this.#removeProbe(directory);
    const problem = await this.#problem();
    if (this.#stopped) return;
    const before = this.#state;
    this.#state = problem === undefined ? 'room' : 'full';
    if (problem !== undefined && before !== 'full') {
      log.error(problem);
      onFull();
    }
    if (problem === undefined && before === 'full') {
      log.warning('The disk can be written to again: the agent takes tasks');
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
    const { bytes, files } = await freeIn(directory);
    if (bytes < neededBytes) return `The disk of '${directory}' is full (${bytes} bytes free)${untilRoom}`;
    if (files < neededFiles) return `The disk of '${directory}' is full (${files} inodes free)${untilRoom}`;
    if (await isReadOnly(directory)) return `The disk of '${directory}' is mounted read-only${untilWritable}`;
    if (this.#state === 'room') return undefined;
    // Quotas, and disks that fail.
    const probe = { type: 'write', path: probeOf(directory), data: Buffer.alloc(4096) } as const;
    const error = await this.#options.disk.perform([probe]).then(
      () => undefined,
      (failure: Error) => failure,
    );
    await this.#removeProbe(directory);
    if (!error) return undefined;
    const until = hasCode(error, noRoom) ? untilRoom : untilWritable;
    return `Nothing can be written to '${directory}': ${error.message}${until}`;
  }

  async #removeProbe(directory: string): Promise<void> {
    // A disk that cannot remove it now may do so at the next look.
    await this.#options.disk.perform([{ type: 'remove', path: probeOf(directory) }]).then(
      () => this.#withProbe.delete(directory),
      () => this.#withProbe.add(directory),
    );
  }
}

const probeOf = (directory: string) => join(directory, 'room.probe');

const untilRoom = ': the agent takes no tasks until there is room. Free some';
const untilWritable = ': the agent takes no tasks until that has changed';

/** Returns what is free; Infinity where it is unknown, for example of a removed directory, or not counted. */
async function freeIn(directory: string): Promise<{ readonly bytes: number; readonly files: number }> {
  const unknown = Number.POSITIVE_INFINITY;
  try {
    const { bsize, blocks, bfree, bavail, files, ffree } = await statfs(directory);
    const free = process.geteuid?.() === 0 ? bfree : bavail;
    return { bytes: blocks === 0 ? unknown : bsize * free, files: files === 0 ? unknown : ffree };
  } catch {
    return { bytes: unknown, files: unknown }; // a write to it fails with the reason
  }
}

async function isReadOnly(directory: string): Promise<boolean> {
  return access(directory, constants.W_OK).then(
    () => false,
    ({ code }: NodeJS.ErrnoException) => code === 'EROFS',
  );
}
