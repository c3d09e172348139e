import { join } from 'node:path';
import type { ContainerKey } from '../container-id.ts';

/** `<runtime>/launcher`: what launchers need to find containers again, one file for each. */
export function checkpointsPath(runtimeDirectory: string): string {
  return join(runtimeDirectory, 'launcher');
}

/** `<runtime>/launcher/<id>` */
export function checkpointPath(runtimeDirectory: string, id: ContainerKey): string {
  return join(checkpointsPath(runtimeDirectory), id);
}

/** The FIFO in which shims tell the agent what happens to their containers. */
export function eventsPath(runtimeDirectory: string): string {
  return join(runtimeDirectory, 'events');
}
