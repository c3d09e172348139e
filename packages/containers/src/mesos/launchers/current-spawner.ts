import { makeDirectories } from '@meseta/system';
import { LaunchError } from '../../errors.ts';
import type { ShimEvent } from '../../shim/events.ts';
import { checkpointsPath, eventsPath } from '../paths.ts';
import { ShimEventStream } from '../shim-event-stream.ts';
import { Spawner } from '../spawner.ts';

/** What is needed of a launcher. */
export interface CurrentSpawnerParts {
  readonly runtimeDirectory: string;
  /** Called before a spawner starts. */
  readonly open: () => Promise<void>;
  /** Options of the spawner (see shim.pl), asked for when it starts. */
  readonly options: () => readonly string[];
  /** An event of a container, whichever spawner it has. */
  readonly onEvent: (event: ShimEvent) => void;
  /** A spawner has ended; the next one starts when it is needed. */
  readonly onEnded: (spawner: Spawner) => void;
  readonly onWarning: (message: string) => void;
}

/** The spawner of a launcher: one at a time, started when it is needed, and again after it was killed. */
export class CurrentSpawner {
  readonly #parts: CurrentSpawnerParts;
  #events: ShimEventStream | undefined;
  #spawner: Promise<Spawner> | undefined;
  #subreaper = true;
  #closed = false;

  constructor(parts: CurrentSpawnerParts) {
    this.#parts = parts;
  }

  /** False when shims are no subreapers: descendants can leave them. */
  get subreaper(): boolean {
    return this.#subreaper;
  }

  /** Returns the spawner, and starts it when there is none. @throws {LaunchError} `SPAWNER`, and what `open` throws. */
  get(): Promise<Spawner> {
    if (this.#closed) return Promise.reject(new LaunchError('SPAWNER', 'The launcher is closed'));
    this.#spawner ??= this.#start().catch(error => {
      this.#spawner = undefined;
      throw error;
    });
    return this.#spawner;
  }

  /** Stops it. Events do not arrive any more. */
  async close(): Promise<void> {
    this.#closed = true;
    const spawner = await this.#spawner?.catch(() => undefined); // one that did not start need not be stopped
    await spawner?.stop();
    this.#events?.close();
  }

  async #start(): Promise<Spawner> {
    const { runtimeDirectory, open, options, onEvent, onEnded, onWarning } = this.#parts;
    await makeDirectories(checkpointsPath(runtimeDirectory), 0o700);
    await open();
    const spawner = await Spawner.start(runtimeDirectory, options(), onWarning);
    try {
      this.#events ??= new ShimEventStream(eventsPath(runtimeDirectory), onEvent, error =>
        onWarning(`Events of containers are noticed late: ${error.message}`),
      );
    } catch (error) {
      await spawner.stop(); // a helper that runs on would keep this process from ending
      throw error;
    }
    this.#subreaper = spawner.subreaper;
    if (!spawner.subreaper) onWarning('Orphans of a container are found by their environment only: no subreaper');
    void spawner.ended.then(() => {
      this.#spawner = undefined;
      onEnded(spawner);
    });
    return spawner;
  }
}
