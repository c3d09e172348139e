/** Signals to Docker containers, and their ends: repeated while the engine is away. */

import { pause } from '../external/timing.ts';
import type { ContainerSet } from './container-set.ts';
import type { DockerContainer } from './docker-container.ts';
import { EngineError } from './engine/error.ts';
import type { DockerParts } from './launcher.ts';

const firstPauseMs = 200;
const longestPauseMs = 5000;

/** See the file's head. */
export class ContainerEnds {
  readonly #parts: DockerParts;
  readonly #containers: ContainerSet;
  /** Rejects when the containerizer is closed. */
  readonly #closing: Promise<never>;
  #isClosed = false;

  constructor(parts: DockerParts, containers: ContainerSet, closing: Promise<never>) {
    this.#parts = parts;
    this.#containers = containers;
    this.#closing = closing;
    closing.catch(() => {
      this.#isClosed = true;
    });
  }

  /**
   * Signals the first process of a container. As `docker stop` does it, SIGTERM is the signal that the image wants to be stopped by.
   *
   * @returns how many were signalled.
   */
  async signal(container: DockerContainer, signal: NodeJS.Signals): Promise<number> {
    const { engine } = this.#parts;
    await this.#abort(container);
    const name = signal === 'SIGTERM' ? (container.facts?.stopSignal ?? signal) : signal;
    return this.#untilEnded(container, 'signal', async engineId => {
      if (!(await engine.containers.kill(engineId, name))) this.#containers.look(container);
      return 1;
    });
  }

  /** Ends a container, whatever it does. One whose launch is under way is given up. */
  async destroy(container: DockerContainer): Promise<void> {
    const { engine, fetcher, flags } = this.#parts;
    if (!container.isStarted) {
      container.over.abort();
      fetcher.cancel(container.key);
    }
    await container.launching;
    if (!container.isRunning) return;
    container.state = 'DESTROYING';
    await this.#abort(container);
    const graceSeconds = Math.ceil(flags.docker_stop_timeout / 1000);
    await this.#untilEnded(container, 'end', async engineId => {
      const { containers } = engine;
      if (graceSeconds > 0) await containers.stop(engineId, graceSeconds, { timeoutMs: 0 });
      else await containers.kill(engineId);
      this.#containers.look(container);
      await container.ended.promise;
      return 0;
    });
  }

  /** Notes that a container does not come to its end by itself, for the next agent, too. */
  async #abort(container: DockerContainer): Promise<void> {
    if (container.isSignalled) return;
    container.isSignalled = true;
    if (!this.#parts.flags.docker_remove_on_abort) return;
    const { log, store } = this.#parts;
    await store
      .setAborted(container.key)
      .catch(error => log.error('Failed to store that a container is ended', { error, container_id: container.key }));
  }

  /** Does something to a running container, again and again while the engine is away. Never rejects. */
  async #untilEnded(
    container: DockerContainer,
    what: string,
    act: (engineId: string) => Promise<number>,
  ): Promise<number> {
    const { clock, log } = this.#parts;
    for (let pauseMs = firstPauseMs; container.isRunning && !this.#isClosed; ) {
      try {
        return await Promise.race([act(container.engineId ?? container.name), this.#closing]);
      } catch (error) {
        if (this.#isClosed) break;
        log.error(`Failed to ${what} a Docker container; trying again`, { error, container_id: container.key });
        if (!(error instanceof EngineError)) break;
      }
      await Promise.race([pause(clock, pauseMs), container.ended.promise]);
      pauseMs = Math.min(2 * pauseMs, longestPauseMs);
    }
    return 0;
  }
}
