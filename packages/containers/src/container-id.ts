import { type ContainerID, type ContainerValue, checkId, type Id, InvalidIdError, idProblem } from '@meseta/protocol';

/**
 * Names a container; one with a parent is nested in it. It is a protobuf `ContainerID` of which every part was checked
 * where it entered (`checkId` of the protocol package).
 */
export interface ContainerId {
  readonly value: ContainerValue;
  readonly parent?: ContainerId;
}

/**
 * The text form of an id, `parent.child`: key of maps, name of files, and the word in shims' lines and in logs. Values
 * have no dot when something is nested in them.
 */
export type ContainerKey = Id<'containerKey'>;

/** The text form of an id. */
export function containerKey(id: ContainerId): ContainerKey;
export function containerKey(id: ContainerID): string;
export function containerKey({ value, parent }: ContainerID): string {
  return parent === undefined ? value : `${containerKey(parent)}.${value}`;
}

/** The id of a text form. @throws {InvalidIdError} when a part of it is none. */
export function parseContainerKey(key: string): ContainerId {
  const [first = '', ...nested] = key.split('.');
  return nested.reduce<ContainerId>((parent, part) => ({ value: checkId(part), parent }), { value: checkId(first) });
}

/** A second look before the key becomes a path: a cast somewhere must not become a file elsewhere. */
export function assertContainerKey(key: ContainerKey): void {
  const problem = idProblem(key);
  if (problem !== undefined) throw new InvalidIdError(`container: ${problem}`);
}
