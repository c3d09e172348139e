import { containerKey, type KnownContainer, rootOf } from '@meseta/containers';
import type { Executor } from '../state/executor.ts';
import type { StoredContainer } from './store.ts';

/**
 * Selects what is to be recovered of the containers that an earlier agent launched, parents first: those that may run,
 * stand-alone or below one that is recovered. The others are orphans, and debug containers too: the clients that they were for
 * were clients of the earlier agent.
 *
 * @param executors those that the agent goes on with.
 */
export function recoverable(
  stored: readonly StoredContainer[],
  executors: readonly Executor[],
): readonly KnownContainer[] {
  const infos = new Map(executors.map(({ container, info }) => [containerKey(container), info]));
  const known: KnownContainer[] = [];
  const keys = new Set(infos.keys());
  for (const { id, config, termination } of stored) {
    const { directory, container_info, container_class } = config;
    if (termination || container_class === 'DEBUG') continue;
    if (id.parent && !keys.has(containerKey(id.parent))) continue;
    keys.add(containerKey(id));
    const executor_info = infos.get(containerKey(rootOf(id)));
    known.push({ id, directory, ...(executor_info && { executor_info }), ...(container_info && { container_info }) });
  }
  return known;
}
