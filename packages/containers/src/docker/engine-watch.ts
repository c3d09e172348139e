/** Tells of containers that have ended, by the events of the engine and, for those that were missed, by looking. */
import type { Clock } from '@meseta/system';
import type { Logger } from '@meseta/telemetry';
import { pause } from '../external/timing.ts';
import type { DockerEngine, EngineStream } from './engine/docker-engine.ts';
import type { EngineEvent } from './engine/events.ts';

/** How long the end of a container whose event was lost is unknown at most. */
const lookMs = 30_000;
const firstPauseMs = 200;
const longestPauseMs = 5000;

/** What a watch reports to. */
export interface WatchListener {
  /** A container may have ended. @param container its id in the engine. */
  ended(container: string): void;
  /** Any container may have: the events begin, or begin again, or it is time to look. */
  look(): void;
}

/** See the file's head. It begins at once, and ends with `close`. */
export class EngineWatch {
  readonly #parts: { readonly engine: DockerEngine; readonly clock: Clock; readonly log: Logger };
  readonly #listener: WatchListener;
  readonly #done: Promise<void>;
  #stream: EngineStream<EngineEvent> | undefined;
  #cancelLook: (() => void) | undefined;
  #closed = false;

  constructor(
    parts: { readonly engine: DockerEngine; readonly clock: Clock; readonly log: Logger },
    listener: WatchListener,
  ) {
    this.#parts = parts;
    this.#listener = listener;
    this.#lookLater();
    this.#done = this.#run();
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const { engine, clock, log } = this.#parts;
    const filters = { type: ['container'], event: ['die'] };
    let pauseMs = firstPauseMs;
    while (!this.#closed) {
      try {
        this.#stream = await engine.events({ filters });
        this.#listener.look(); // what ended meanwhile
        if (pauseMs > firstPauseMs) log.info('Connected to the Docker engine again', { engine: engine.endpoint });
        pauseMs = firstPauseMs;
        for await (const { id } of this.#stream) this.#listener.ended(id);
      } catch (error) {
        if (!this.#closed && pauseMs === firstPauseMs)
          log.warning('Cannot watch the Docker engine; trying again', { error, engine: engine.endpoint });
      }
      if (this.#closed) return;
      await pause(clock, pauseMs * (0.5 + clock.random() / 2)); // agents that share an engine do not come all at once
      pauseMs = Math.min(2 * pauseMs, longestPauseMs);
    }
  }

  #lookLater(): void {
    this.#cancelLook = this.#parts.clock.after(lookMs, () => {
      this.#listener.look();
      this.#lookLater();
    });
  }

  /** The client of the engine is closed after this, so that the wait for events ends. */
  close(): void {
    this.#closed = true;
    this.#cancelLook?.();
    this.#stream?.close();
  }

  /** Resolves when nothing is watched any more. */
  get done(): Promise<void> {
    return this.#done;
  }
}
