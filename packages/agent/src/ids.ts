import { randomUUID } from 'node:crypto';
import { checkId, type PathSafe } from '@meseta/protocol';

/** Ids that become directories. All are made here or by `checkId`, where a message or a directory is read. */
export type AgentId = PathSafe;
export type FrameworkId = PathSafe;
export type ExecutorId = PathSafe;
export type TaskId = PathSafe;
export type ContainerId = PathSafe;
export type Role = string;

/** A new container's id: a random UUID. */
export function newContainerId(): ContainerId {
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

/** A UUID in its usual dashed form, for logs and directory names; the text as it is when it is none. */
export function uuidText(base64: string): string {
  const hex = Buffer.from(base64, 'base64').toString('hex');
  if (hex.length !== 32) return base64;
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
