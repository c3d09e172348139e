import { containerKey, type KnownContainer, rootOf } from '@meseta/containers';
import type { StoredContainer } from './store.ts';

/**
 * Selects what is to be recovered of the containers that an earlier agent launched, parents first: those that may run,
 * stand-alone or below one that is recovered. The others are orphans, and debug containers too: the clients that they were for
 * were clients of the earlier agent.
 *
 * @param others containers that are recovered anyway: those of executors and tasks.
 */
export function recoverable(
  stored: readonly StoredContainer[],
  others: readonly KnownContainer[],
): readonly KnownContainer[] {
  const known = new Map(others.map(each => [containerKey(each.id), each]));
  for (const { id, config, termination } of stored) {
    const { directory, container_info, container_class, user } = config;
    if (termination || container_class === 'DEBUG') continue;
    if (id.parent && !known.has(containerKey(id.parent))) continue;
    const { executor_info } = known.get(containerKey(rootOf(id))) ?? {};
    known.set(containerKey(id), {
      ...{ id, user, directory },
      ...(executor_info && { executor_info }),
      ...(container_info && { container_info }),
    });
  }
  return [...known.values()].slice(others.length);
}
