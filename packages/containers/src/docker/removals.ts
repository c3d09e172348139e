/** Removes ended containers from the engine, some time after their end. */
import type { Clock } from '@meseta/system';
import type { Logger, Metrics } from '@meseta/telemetry';
import { atMost, pause } from '../external/timing.ts';
import type { DockerEngine } from './engine/docker-engine.ts';

const firstPauseMs = 500;
const longestPauseMs = 60_000;
const closingMs = 5000;
/** How long a container may still appear whose creation was not answered. */
const appearingMs = 60_000;

/** What removals need of the agent. */
export interface RemovalsOptions {
  readonly engine: DockerEngine;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** `--docker_remove_delay`, in milliseconds. */
  readonly delayMs: number;
}

/** See the file's head. An agent that ends meanwhile leaves them to the next one. */
export class Removals {
  readonly #options: RemovalsOptions;
  readonly #cancels = new Map<string, () => void>();
  readonly #running = new Map<string, Promise<boolean>>();
  /** Resolves when no more removals begin. */
  readonly #closing = Promise.withResolvers<void>();
  #isClosing = false;
  #closed = false;

  constructor(options: RemovalsOptions) {
    this.#options = options;
  }

  /**
   * Removes a container when its time has come. Once, however often it is asked for.
   *
   * @param container its id or name in the engine.
   * @param endedMs when it ended.
   * @param delayMs how long it is kept then.
   */
  after(container: string, endedMs: number, delayMs = this.#options.delayMs): void {
    if (this.#closed || this.#cancels.has(container) || this.#running.has(container)) return;
    const { clock } = this.#options;
    // Not longer than the delay: the time of the machine may have been set back.
    const waitMs = Math.min(delayMs, Math.max(0, endedMs + delayMs - clock.now()));
    if (waitMs === 0) {
      void this.now(container);
      return;
    }
    const cancel = clock.after(waitMs, () => {
      this.#cancels.delete(container);
      void this.now(container);
    });
    this.#cancels.set(container, cancel);
  }

  /**
   * Removes a container at once, even if it runs; until it is gone, or this is closed. Never rejects.
   *
   * @param mayAppear the engine may still be making it: then one that is not there is looked for again.
   * @returns whether it is gone.
   */
  now(container: string, mayAppear = false): Promise<boolean> {
    this.#cancels.get(container)?.();
    this.#cancels.delete(container);
    const running = this.#running.get(container) ?? this.#remove(container, mayAppear);
    this.#running.set(container, running);
    return running.finally(() => this.#running.delete(container));
  }

  async #remove(container: string, mayAppear: boolean): Promise<boolean> {
    const { engine, clock, log, metrics } = this.#options;
    const waitsUntil = mayAppear ? clock.steady() + appearingMs : 0;
    for (let pauseMs = firstPauseMs; !this.#closed; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      try {
        const removed = await engine.containers.remove(container, { force: true });
        if (removed) {
          log.info('Removed a Docker container', { container });
          metrics.counter('containerizer/docker/containers_removed').increment();
        }
        if (removed || clock.steady() >= waitsUntil) return true;
      } catch (error) {
        if (this.#closed) break;
        metrics.counter('containerizer/docker/container_remove_errors').increment();
        log.warning('Failed to remove a Docker container; trying again', { error, container });
      }
      if (mayAppear) await Promise.race([pause(clock, pauseMs), this.#closing.promise]);
      else await pause(clock, pauseMs);
      if (mayAppear && this.#isClosing) break; // the next agent does it
    }
    return false;
  }

  /** Begins no more removals, and waits for those that have begun, but not for long. */
  async close(): Promise<void> {
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
    this.#isClosing = true;
    this.#closing.resolve();
    await atMost(this.#options.clock, Promise.all(this.#running.values()), closingMs);
    this.#closed = true;
  }
}
