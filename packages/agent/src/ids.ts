import { randomUUID } from 'node:crypto';
import { type ContainerValue, checkId } from '@meseta/protocol';

/** Returns a new container's id: a random UUID. */
export function newContainerId(): ContainerValue {
  return checkId(randomUUID());
}
