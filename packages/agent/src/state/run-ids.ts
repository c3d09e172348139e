import type { RunIds } from '../disk/paths.ts';
import type { Executor } from './executor.ts';

/** The ids on the way to an executor's directories. */
export function runIds({ frameworkId, id, containerId }: Executor): RunIds {
  return { frameworkId, executorId: id, containerId };
}
