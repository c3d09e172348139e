import { findMarkedProcesses, type ProcessId } from '@meseta/system';
import { containerMarker } from '../launcher.ts';
import type { ShimContainer } from './shim-container.ts';

/** Finds the processes of a container by its id in their environment, and by the session of its first process. */
export function markedProcesses({ id, task, ownsSession }: ShimContainer): Promise<readonly ProcessId[]> {
  return findMarkedProcesses({ marker: { name: containerMarker, value: id }, first: task!, ownsSession });
}
