import { join } from 'node:path';
import type { ContainerId } from '../container-id.ts';

/** `<runtime>/containers`, one directory per container. */
export function containersPath(runtimeDirectory: string): string {
  return join(runtimeDirectory, 'containers');
}

/** `<runtime>/containers/<id>` */
export function containerPath(runtimeDirectory: string, id: ContainerId): string {
  return join(containersPath(runtimeDirectory), id);
}

/** The FIFO in which shims tell the agent what happens to their containers. */
export function eventsPath(runtimeDirectory: string): string {
  return join(runtimeDirectory, 'events');
}
