import type { RunIds } from '../disk/paths.ts';
import type { Executor } from './executor.ts';

/** Returns the ids that name an executor's directories. */
export function runIds({ frameworkId, id, containerId }: Executor): RunIds {
  return { frameworkId, executorId: id, containerId };
}
