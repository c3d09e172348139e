import { InvalidIdError, idProblem, type PathSafe } from '@meseta/protocol';

/**
 * A container's id, checked where it entered (`checkId` of the protocol package). It names the container's runtime
 * directory and stands in the lines that shims send.
 */
export type ContainerId = PathSafe;

/** A second look before the id becomes a path: a cast somewhere must not become a file elsewhere. */
export function assertContainerId(id: ContainerId): void {
  const problem = idProblem(id);
  if (problem !== undefined) throw new InvalidIdError(`container: ${problem}`);
}
