/** Which containers are nested in which: what that means for launches, and when an agent takes containers over. */
import type { ContainerState } from '@meseta/protocol';
import { type ContainerId, type ContainerKey, containerKey } from '../container-id.ts';
import type { KnownContainer, RecoveredContainer } from '../containerizer.ts';
import { LaunchError } from '../errors.ts';
import type { Container } from './container.ts';
import type { Launcher } from './launcher.ts';

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

/** Returns the states of those known containers that were found, for isolators. */
export function statesOf(
  known: readonly KnownContainer[],
  found: ReadonlyMap<ContainerKey, RecoveredContainer>,
): ContainerState[] {
  return known.flatMap(({ id, user: _user, environment: _environment, ...state }) => {
    const pid = found.get(containerKey(id))?.pid;
    return pid === undefined ? [] : [{ ...state, container_id: id, pid }];
  });
}

/**
 * Checks that a container can be nested in another one.
 *
 * @param parent undefined: it is not known any more.
 * @throws {LaunchError} `DESTROYED` when it has ended, or does not run yet.
 */
export function mustRun(id: ContainerId, parent: Container | undefined, launcher: Launcher): void {
  const isWanted = parent !== undefined && !parent.destroying;
  if (isWanted && launcher.hasProcesses(containerKey(id))) return;
  const problem = isWanted ? 'does not run' : 'has ended';
  throw new LaunchError('DESTROYED', `Container ${containerKey(id)}, which it is to run in, ${problem}`);
}
