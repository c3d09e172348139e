import { readFile } from 'node:fs/promises';
import type { ContainerLimitation } from '@meseta/protocol';
import { type Clock, ConcurrencyLimit } from '@meseta/system';
import type { Logger } from '@meseta/telemetry';

/** How often the machine's counter is read. */
const intervalMs = 250;
/** Containers whose files are read at a time. */
const readsInFlight = 16;
/** How often containers are looked at after a kill: it is counted for the machine before it is for the container. */
const looks = 2;

type Check = () => Promise<ContainerLimitation | undefined>;

/**
 * Notices that the kernel has killed a process because memory ran out. It counts these kills in one file for the whole
 * machine, which is read a few times a second, however many containers there are. Only when that number grows, every
 * container is looked at. Containers are looked at when their watch begins, too: the kill may have been before.
 *
 * Mesos has the kernel write to an eventfd for each container. Node.js has none, and what happens while no agent is there
 * is lost with it.
 */
export class OomWatch {
  readonly #parts: OomWatchParts;
  readonly #read: () => Promise<string>;
  readonly #checks = new Set<() => Promise<void>>();
  readonly #reads = new ConcurrencyLimit(readsInFlight);
  /** The last number, at first none: what happens between a container's first look and the first number is noticed. */
  #kills = -1;
  #looks = 0;
  #failing = false;
  #cancel: (() => void) | undefined;
  #closed = false;

  /** @param read returns /proc/vmstat. */
  constructor(parts: OomWatchParts, read = () => readFile('/proc/vmstat', 'utf8')) {
    this.#parts = parts;
    this.#read = read;
  }

  /**
   * Resolves with the limitation that `check` finds, or with undefined when the signal is aborted. A check that fails
   * rejects it.
   */
  async watch(check: Check, signal: AbortSignal): Promise<ContainerLimitation | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<ContainerLimitation | undefined>();
    const look = () =>
      this.#reads.run(async () => {
        const found = signal.aborted ? undefined : await check();
        if (found) resolve(found);
      });
    const stop = () => resolve(undefined);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const checked = () => look().catch(reject);
    this.#checks.add(checked);
    this.#schedule();
    void checked();
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', stop);
      this.#checks.delete(checked);
    }
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  #schedule(): void {
    if (this.#closed || this.#cancel || this.#checks.size === 0) return;
    this.#cancel = this.#parts.clock.after(intervalMs, () => void this.#poll());
  }

  async #poll(): Promise<void> {
    try {
      const kills = parseKills(await this.#read());
      if (kills !== this.#kills) this.#looks = looks;
      this.#kills = kills;
      this.#failing = false;
      if (this.#looks > 0) {
        this.#looks--;
        await Promise.all([...this.#checks].map(check => check()));
      }
    } catch (error) {
      if (!this.#failing) this.#parts.log.warning('Cannot see whether containers ran out of memory', { error });
      this.#failing = true;
    }
    this.#cancel = undefined;
    this.#schedule();
  }
}

interface OomWatchParts {
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Returns the number of processes that were killed on the machine.
 *
 * @param vmstat the text of /proc/vmstat.
 * @throws the kernel does not count them.
 */
export function parseKills(vmstat: string): number {
  const [, kills] = /^oom_kill (\d+)$/m.exec(vmstat) ?? [];
  if (kills === undefined) throw new Error('/proc/vmstat has no oom_kill, which Linux 4.13 and later have');
  return Number(kills);
}
