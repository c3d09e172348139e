import type { TaskStatus } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';

/** Counts a terminal state: `master/tasks_failed`, and by source and reason. */
export function countEnd(
  { metrics }: MasterContext,
  { state, source, reason }: Pick<TaskStatus, 'state' | 'source'> & { reason?: TaskStatus['reason'] | undefined },
): void {
  const name = state.slice('TASK_'.length).toLowerCase();
  metrics.counter(`master/tasks_${name}`).increment();
  if (source !== undefined && reason !== undefined) {
    const from = source.slice('SOURCE_'.length).toLowerCase();
    const why = reason
      .slice('REASON_'.length)
      .toLowerCase()
      .replace(/^agent_/, 'slave_');
    metrics.counter(`master/task_${name}/source_${from}/reason_${why}`).increment();
  }
}
