/** Which containers are nested in which: what that means when an agent takes containers over. */
import { type ContainerId, type ContainerKey, containerKey } from '../container-id.ts';
import type { KnownContainer } from '../containerizer.ts';

/** Returns in how many containers a container is nested. */
export function depth({ parent }: ContainerId): number {
  return parent === undefined ? 0 : 1 + depth(parent);
}

/**
 * Returns the known containers, those around others first. Nested ones without the containers around them are left out:
 * their parent was not found, so they have to be ended.
 */
export function withParents(
  known: readonly KnownContainer[],
  found: ReadonlyMap<ContainerKey, unknown>,
): KnownContainer[] {
  const keys = new Set(known.map(({ id }) => containerKey(id)));
  const isThere = (id: ContainerId | undefined): boolean => {
    return id === undefined || (keys.has(containerKey(id)) && found.has(containerKey(id)) && isThere(id.parent));
  };
  return known.filter(({ id }) => isThere(id.parent)).sort((a, b) => depth(a.id) - depth(b.id));
}
