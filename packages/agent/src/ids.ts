import { randomUUID } from 'node:crypto';
import type { ContainerKey } from '@meseta/containers';
import { checkId, type PathSafe } from '@meseta/protocol';

/** Ids that become directories. All are made here or by `checkId`, where a message or a directory is read. */
export type AgentId = PathSafe;
export type FrameworkId = PathSafe;
export type ExecutorId = PathSafe;
export type TaskId = PathSafe;

/** A new container's id: a random UUID. */
export function newContainerId(): ContainerKey {
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
