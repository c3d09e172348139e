import { type ContainerID, type ContainerValue, checkId, type Id, InvalidIdError, idProblem } from '@meseta/protocol';

/**
 * The id of a container; a nested container has a parent. It is a protobuf `ContainerID` of which every part was
 * checked on arrival (`checkId` of the protocol package).
 */
export interface ContainerId {
  readonly value: ContainerValue;
  readonly parent?: ContainerId;
}

/**
 * The text form of an id, `parent.child`. It is the key of maps, the name of files, and the id in the shims' messages
 * and in logs. The values of ids in nested containers have no dots.
 */
export type ContainerKey = Id<'containerKey'>;

/** Returns the text form of an id. */
export function containerKey(id: ContainerId): ContainerKey;
export function containerKey(id: ContainerID): string;
export function containerKey({ value, parent }: ContainerID): string {
  return parent === undefined ? value : `${containerKey(parent)}.${value}`;
}

/** Returns the container that has no parent: the id itself, or that of its parent's root. */
export function rootOf(id: ContainerId): ContainerId {
  return id.parent ? rootOf(id.parent) : id;
}

/** Parses the text form of an id. @throws {InvalidIdError} when a part is not a valid id. */
export function parseContainerKey(key: string): ContainerId {
  const [first = '', ...nested] = key.split('.');
  return nested.reduce<ContainerId>((parent, part) => ({ value: checkId(part), parent }), { value: checkId(first) });
}

/**
 * Checks a key again before it becomes a part of a path, so that a wrong cast cannot lead to a file in another
 * directory.
 */
export function assertContainerKey(key: ContainerKey): void {
  const problem = idProblem(key);
  if (problem !== undefined) throw new InvalidIdError(`container: ${problem}`);
}
