import { RepeatedRemovals } from '@meseta/system';
import type { ContainerKey } from '../../container-id.ts';
import { listCheckpoints, removeCheckpoint } from '../checkpoints.ts';

/** What a launcher tells of itself. */
export interface CheckpointRemovalOptions {
  readonly runtimeDirectory: string;
  /** Those whose checkpoints stay. */
  readonly containers: { has(id: ContainerKey): boolean };
  /** Tells whether all containers of an earlier agent are among them. */
  readonly knowsAll: () => boolean;
  readonly onWarning: (message: string) => void;
}

/** Removes the checkpoints of containers that are gone, again and again when the disk refuses it. */
export class CheckpointRemoval {
  readonly #options: CheckpointRemovalOptions;
  readonly #removals: RepeatedRemovals<ContainerKey>;
  #closed = false;

  constructor(options: CheckpointRemovalOptions) {
    this.#options = options;
    const { runtimeDirectory, onWarning } = options;
    this.#removals = new RepeatedRemovals({
      remove: id => removeCheckpoint(runtimeDirectory, id),
      onRefused: (id, { message }) =>
        onWarning(`Cannot remove the checkpoint of container ${id}, which is tried again until it is done: ${message}`),
    });
  }

  /** Removes the checkpoint of a container, if there is one. Never rejects. */
  remove(id: ContainerKey): Promise<void> {
    return this.#removals.remove(id);
  }

  /** To be called before a container is launched: the checkpoint of one of that id is not removed any more. */
  reuse(id: ContainerKey): Promise<void> | undefined {
    return this.#removals.reuse(id);
  }

  /** Removes the checkpoints of all containers that are not there: a spawner that was killed may have left them. */
  async removeOthers(): Promise<void> {
    const { runtimeDirectory, containers, knowsAll } = this.#options;
    if (!knowsAll() || this.#closed) return;
    const all = await listCheckpoints(runtimeDirectory);
    for (const id of all) if (!containers.has(id) && !this.#closed) await this.remove(id);
  }

  /** Tries nothing again: the next agent does. */
  close(): void {
    this.#closed = true;
    this.#removals.close();
  }
}
