import { setTimeout as sleep } from 'node:timers/promises';
import type { IdMap } from '@meseta/protocol';
import { isAlive, isShortage, type ProcessId, signalProcess } from '@meseta/system';
import type { ContainerKey } from '../../container-id.ts';
import { LaunchError } from '../../errors.ts';
import type { ExitStatus } from '../../exit-status.ts';
import type { Checkpoint } from '../checkpoints.ts';
import type { ShimContainer } from './shim-container.ts';

/** How often shims whose spawner has ended are checked, and how many each time. */
const pollMs = 1000;
const pollCount = 128;
const longestDelayMs = 500;

/** Of a shim that stood for the first process: it ends by itself only with a record. */
const killed: ExitStatus = { kind: 'signaled', signal: 9, core: false };

/** What is needed of a launcher. */
export interface ContainerEndsParts {
  readonly containers: Readonly<IdMap<'containerKey', ShimContainer>>;
  /** Reads the checkpoint of a container. */
  readonly read: (container: ShimContainer) => Promise<Checkpoint | undefined>;
  /** See `ShimLauncher.strays`. */
  readonly strays: (container: ShimContainer, shimEnded: boolean) => Promise<readonly ProcessId[]>;
  /** See `ShimLauncher.endsStrays`. */
  readonly endsStrays: () => boolean;
  readonly onWarning: (message: string) => void;
}

/**
 * Finds out when nothing is left of a container: by what its shim says, and when the shim was killed by its processes, which
 * are killed then.
 */
export class ContainerEnds {
  readonly #parts: ContainerEndsParts;
  readonly #poll: NodeJS.Timeout;
  #pollOffset = 0;
  #closed = false;

  constructor(parts: ContainerEndsParts) {
    this.#parts = parts;
    this.#poll = setInterval(() => this.#pollShims(), pollMs).unref();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#poll);
  }

  /**
   * Handles a shim without children. When the shim is a subreaper, no descendant is left; otherwise orphans may have
   * escaped.
   */
  onEmpty(container: ShimContainer): void {
    container.emptied = this.#lookForStrays(container, false);
    void this.#awaitStrays(container, false, container.emptied);
  }

  /** Checks shims of an earlier spawner: they are not children of the present one, so their end is not reported. */
  #pollShims(): void {
    const orphans = [...this.#parts.containers.values()].filter(
      ({ shim, spawner, lost, isDrained }) => shim && !spawner && !lost && !isDrained,
    );
    if (this.#pollOffset >= orphans.length) this.#pollOffset = 0;
    for (const container of orphans.slice(this.#pollOffset, this.#pollOffset + pollCount)) {
      if (!isAlive(container.shim!)) void this.checkShim(container);
      else if (container.record && !container.hasExited) void this.#checkRecord(container);
    }
    this.#pollOffset += pollCount;
  }

  /** Events of a container without a checkpoint went where no agent reads. */
  async #checkRecord(container: ShimContainer): Promise<void> {
    const checkpoint = await this.#parts.read(container).catch(() => undefined); // it was removed meanwhile
    if (checkpoint?.status !== undefined) container.onExit(checkpoint.status);
  }

  /**
   * Checks whether a shim is still running. A shim that has ended has either finished, as its checkpoint says, or was
   * killed; then the container's remaining processes are killed as well.
   */
  async checkShim(container: ShimContainer): Promise<void> {
    if (container.lost || container.isDrained || container.shim === undefined || isAlive(container.shim)) return;
    container.lost = true;
    container.ownsSession = !container.recovered && !container.hasExited;
    // Read after the check of the shim, which has written everything by now. Without it, the status is unknown.
    const checkpoint = await this.#lastRecord(container);
    container.onFailed(spawnerKilled(container.id));
    container.onExit(checkpoint?.status ?? (container.isShimAlone ? killed : { kind: 'unknown' }));
    void this.#awaitStrays(container, true, this.#lookForStrays(container, true));
  }

  /** Reads what a shim has written before it ended; undefined when that cannot be read. */
  async #lastRecord(container: ShimContainer): Promise<Checkpoint | undefined> {
    while (true) {
      try {
        return await this.#parts.read(container);
      } catch (error) {
        if (!isShortage(error) || this.#closed) return undefined;
        container.endsLate(error as Error, this.#parts.onWarning);
      }
      await sleep(longestDelayMs, undefined, { ref: false });
    }
  }

  /** Waits until no process is left. @param looked the first look. */
  async #awaitStrays(container: ShimContainer, shimEnded: boolean, looked: Promise<void>): Promise<void> {
    await looked;
    for (let delayMs = 1; !container.isDrained && !this.#closed; delayMs = Math.min(delayMs * 2, longestDelayMs)) {
      await sleep(delayMs, undefined, { ref: false });
      await this.#lookForStrays(container, shimEnded);
    }
  }

  /** Looks whether a process is left, and kills those that have no shim any more. */
  async #lookForStrays(container: ShimContainer, shimEnded: boolean): Promise<void> {
    const { strays, endsStrays, onWarning } = this.#parts;
    try {
      const left = await strays(container, shimEnded);
      if (left.length === 0) return container.onDrained();
      if (shimEnded || endsStrays()) for (const process of left) signalProcess(process, 'SIGKILL');
    } catch (error) {
      container.endsLate(error as Error, onWarning); // it is looked again
    }
  }
}

/** The error of a launch whose spawner ended before the program ran. */
export function spawnerKilled(id: ContainerKey): LaunchError {
  return new LaunchError('SPAWNER', `Container ${id} was not started: the process that launches containers was killed`);
}
