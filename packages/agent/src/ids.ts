import { randomUUID } from 'node:crypto';
import { type ContainerValue, checkId } from '@meseta/protocol';

/** A new container's id: a random UUID. */
export function newContainerId(): ContainerValue {
  return checkId(randomUUID());
}

/** A random UUID as its 16 bytes in base64: the in-memory form of `bytes uuid`. */
export function newUuid(): string {
  return Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64');
}

/** Whether a `bytes` field holds a UUID: peers send anything. */
export function isUuid(base64: string): boolean {
  return Buffer.from(base64, 'base64').length === 16;
}
