import type { ContainerId } from '@meseta/containers';
import { type ContainerID, checkId } from '@meseta/protocol';

/** Returns the id of a message as containerizers take it. The message was checked. @throws {InvalidIdError} when it was not. */
export function checkedContainerId({ value, parent }: ContainerID): ContainerId {
  return { value: checkId(value), ...(parent && { parent: checkedContainerId(parent) }) };
}
