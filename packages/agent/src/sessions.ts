import { type ContainerId, type Containerizer, containerKey, type Termination } from '@meseta/containers';
import type { Clock } from '@meseta/system';
import type { Logger } from '@meseta/telemetry';

/** How many sessions that have ended are known. */
const endedKept = 1000;
/** How long they are, in milliseconds: as long as a client may take to ask how its session ended. */
const keptMs = 5 * 60_000;

/** What sessions need. */
export interface SessionsOptions {
  readonly containerizer: Containerizer;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * The commands of clients in containers of tasks. A session ends with its first process and with its connection; how it ended
 * is known for a while, also when its task has ended meanwhile.
 */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #running = new Map<string, Promise<Termination | undefined>>();
  /** Those that have ended, the earliest first. */
  readonly #ended = new Map<string, { readonly termination: Termination; readonly atMs: number }>();

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /**
   * Ends a session that was launched when its first process or its connection has ended.
   *
   * @param disconnected resolves when the connection is gone.
   */
  follow(id: ContainerId, disconnected: Promise<void>): void {
    const { log, clock } = this.#options;
    const key = containerKey(id);
    const end = this.#untilEnd(id, disconnected)
      .catch(error => {
        log.error('Failed to end a session', { error, container_id: key });
        return undefined;
      })
      .then(termination => {
        this.#running.delete(key);
        if (termination) this.#ended.set(key, { termination, atMs: clock.steady() });
        this.#forgetOld();
        return termination;
      });
    this.#running.set(key, end);
  }

  async #untilEnd(id: ContainerId, disconnected: Promise<void>): Promise<Termination | undefined> {
    const { containerizer } = this.#options;
    const end = containerizer.wait(id);
    await Promise.race([end, disconnected]);
    await containerizer.remove(id); // what its first process has left, too
    return end;
  }

  /** Resolves with how a session ended; undefined for an id that is not known, any more. */
  wait(id: ContainerId): Promise<Termination | undefined> | undefined {
    this.#forgetOld();
    const key = containerKey(id);
    const ended = this.#ended.get(key);
    return ended ? Promise.resolve(ended.termination) : this.#running.get(key);
  }

  /** Forgets a session that has ended. */
  forget(id: ContainerId): void {
    this.#ended.delete(containerKey(id));
  }

  /** Forgets sessions that have ended long ago, and those that are too many. */
  #forgetOld(): void {
    const old = this.#options.clock.steady() - keptMs;
    for (const [key, { atMs }] of this.#ended) {
      if (atMs > old && this.#ended.size <= endedKept) return;
      this.#ended.delete(key);
    }
  }

  /** Resolves when all have ended. Their connections are closed before. */
  async close(): Promise<void> {
    await Promise.all(this.#running.values());
  }
}
