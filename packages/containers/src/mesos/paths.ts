import { join } from 'node:path';
import type { ContainerKey } from '../container-id.ts';

/** Returns `<runtime>/launcher`, which has one file for each container, by which launchers find it again. */
export function checkpointsPath(runtimeDirectory: string): string {
  return join(runtimeDirectory, 'launcher');
}

/** Returns `<runtime>/launcher/<id>`. */
export function checkpointPath(runtimeDirectory: string, id: ContainerKey): string {
  return join(checkpointsPath(runtimeDirectory), id);
}

/** Returns the path of the FIFO through which shims report events of containers to the agent. */
export function eventsPath(runtimeDirectory: string): string {
  return join(runtimeDirectory, 'events');
}
