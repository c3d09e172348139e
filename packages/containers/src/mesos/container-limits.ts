/** The ends of containers that reach a limit: of memory, of disk, of a terminal that is gone. */
import type { ContainerLimitation } from '@meseta/protocol';
import type { Logger } from '@meseta/telemetry';
import { type ContainerId, containerKey } from '../container-id.ts';
import type { Container } from './container.ts';
import type { IsolatorChain } from './isolators/isolator-chain.ts';

/** What is needed of a containerizer. */
export interface ContainerLimitsParts {
  readonly isolators: Pick<IsolatorChain, 'watch' | 'limitation'>;
  readonly log: Logger;
  readonly destroy: (id: ContainerId) => Promise<void>;
}

/** See the top of this file. */
export class ContainerLimits {
  readonly #parts: ContainerLimitsParts;

  constructor(parts: ContainerLimitsParts) {
    this.#parts = parts;
  }

  /** Ends a container when an isolator reports that it reached a limit. One that is not watched is left alone. */
  watch(container: Container | undefined): void {
    const over = container?.over?.signal;
    if (!container || !over) return;
    const { isolators, log } = this.#parts;
    const watched = async () => {
      const limitation = await isolators.watch(container.id, over);
      if (limitation !== undefined && !over.aborted) this.end(container, limitation);
    };
    watched().catch(error => {
      log.error('Failed to watch the limits of a container', { error, container_id: containerKey(container.id) });
    });
  }

  /** Ends a container for a reason of the containerizer's, unless it is being ended. */
  end(container: Container | undefined, limitation: ContainerLimitation): void {
    if (!container || container.destroying) return;
    const { log, destroy } = this.#parts;
    const container_id = containerKey(container.id);
    log.info('Container has reached a limit and will be ended', { container_id, reason: limitation.message });
    container.limitation = limitation;
    destroy(container.id).catch(error => log.error('Failed to end a container', { error, container_id }));
  }

  /** Finds out whether a container that ended by itself had reached a limit. */
  async judge(container: Container): Promise<void> {
    if (container.destroying) return;
    const limitation = await this.#parts.isolators.limitation(container.id);
    if (limitation) container.limitation ??= limitation;
  }
}
