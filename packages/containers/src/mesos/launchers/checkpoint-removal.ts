import type { ContainerKey } from '../../container-id.ts';
import { listCheckpoints, removeCheckpoint } from '../checkpoints.ts';

const [firstPauseMs, longestPauseMs] = [100, 10_000];

/** What a launcher tells of itself. */
export interface CheckpointRemovalOptions {
  readonly runtimeDirectory: string;
  /** Those whose checkpoints stay. */
  readonly containers: { has(id: ContainerKey): boolean };
  /** Tells whether all containers of an earlier agent are among them. */
  readonly knowsAll: () => boolean;
  readonly onWarning: (message: string) => void;
}

/**
 * Removes the checkpoints of containers that are gone. When the disk refuses that, it is done again and again, as long as there is an
 * agent, while everything else goes on.
 */
export class CheckpointRemoval {
  readonly #options: CheckpointRemovalOptions;
  readonly #refused = new Set<ContainerKey>();
  #pauseMs = firstPauseMs;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: CheckpointRemovalOptions) {
    this.#options = options;
  }

  /** Removes the checkpoint of a container, if there is one. Never rejects. */
  async remove(id: ContainerKey): Promise<void> {
    const { runtimeDirectory, onWarning } = this.#options;
    try {
      await removeCheckpoint(runtimeDirectory, id);
      this.#refused.delete(id);
    } catch (error) {
      if (!this.#refused.has(id)) {
        const { message } = error as Error;
        onWarning(`Cannot remove the checkpoint of container ${id}, which is tried again until it is done: ${message}`);
      }
      this.#refused.add(id);
      this.#again();
    }
  }

  /** Removes the checkpoints of all containers that are not there: a spawner that was killed may have left them. */
  async removeOthers(): Promise<void> {
    const { runtimeDirectory, containers, knowsAll } = this.#options;
    if (!knowsAll() || this.#closed) return;
    const all = await listCheckpoints(runtimeDirectory);
    for (const id of all) if (!containers.has(id)) await this.remove(id);
  }

  /** Tries nothing again: the next agent does. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #again(): void {
    if (this.#closed || this.#timer !== undefined) return;
    this.#timer = setTimeout(async () => {
      for (const id of [...this.#refused]) await this.remove(id);
      this.#timer = undefined;
      if (this.#refused.size === 0) this.#pauseMs = firstPauseMs;
      else this.#again();
    }, this.#pauseMs).unref();
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
  }
}
