import { type ContainerId, type Containerizer, containerKey } from '@meseta/containers';
import type { Clock } from '@meseta/system';
import type { Logger } from '@meseta/telemetry';

/** How many sessions that have ended are known: each keeps a small process. */
const endedKept = 64;
/** How long they are, in milliseconds: as long as a client may take to ask how its session ended. */
const keptMs = 5 * 60_000;

/**
 * The sessions of clients in containers. A session ends with its first process and with its connection; how it ended can be
 * asked for a while (`WAIT_NESTED_CONTAINER`).
 */
export class Sessions {
  readonly #containerizer: Containerizer;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #running = new Map<string, Promise<void>>();
  /** Those that have ended, the earliest first, with the time of their end. */
  readonly #ended: { readonly id: ContainerId; readonly atMs: number }[] = [];
  #forgetting: (() => void) | undefined;

  constructor({
    containerizer,
    clock,
    log,
  }: {
    readonly containerizer: Containerizer;
    readonly clock: Clock;
    readonly log: Logger;
  }) {
    this.#containerizer = containerizer;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Ends a session that was launched when its first process or its connection has ended.
   *
   * @param disconnected resolves when the connection is gone.
   */
  follow(id: ContainerId, disconnected: Promise<void>): void {
    const key = containerKey(id);
    const end = this.#follow(id, disconnected)
      .catch(error => this.#log.error('Failed to end a session', { error, container_id: key }))
      .finally(() => this.#running.delete(key));
    this.#running.set(key, end);
  }

  async #follow(id: ContainerId, disconnected: Promise<void>): Promise<void> {
    await Promise.race([this.#containerizer.wait(id), disconnected]);
    await this.#containerizer.destroy(id); // what its first process has left, too
    this.#ended.push({ id, atMs: this.#clock.now() });
    await this.#forget();
  }

  /** Removes sessions that have ended long ago, and those that are too many. */
  async #forget(): Promise<void> {
    this.#forgetting?.();
    const old = this.#clock.now() - keptMs;
    const count = Math.max(
      this.#ended.length - endedKept,
      this.#ended.filter(({ atMs }) => atMs <= old).length, // the earliest ones
    );
    const removed = this.#ended.splice(0, count);
    await Promise.all(removed.map(({ id }) => this.#containerizer.remove(id)));
    const [next] = this.#ended;
    if (next === undefined) return;
    this.#forgetting = this.#clock.after(next.atMs + keptMs - this.#clock.now(), () => {
      this.#forget().catch(error => this.#log.error('Failed to remove sessions that have ended', { error }));
    });
  }

  /** Ends all sessions, and forgets those that have ended. Their connections are closed before. */
  async close(): Promise<void> {
    this.#forgetting?.();
    await Promise.all(this.#running.values());
    this.#forgetting?.();
    await Promise.all(this.#ended.splice(0).map(({ id }) => this.#containerizer.remove(id)));
  }
}
