/** Logs each status of tasks, in addition to the requests of frameworks. */

import { isTerminal } from '@meseta/protocol';
import type { Logger } from '@meseta/telemetry';
import type { ClusterObserver } from '../state/cluster.ts';

/**
 * Logs each status of each task. With the lines of launch, kill and acknowledgement, the log has all events of a task.
 */
export function logTasks(log: Logger): ClusterObserver {
  return {
    taskUpdated({ task_id, framework_id, agent_id }, { state, reason, message, source }) {
      const ids = { task_id: task_id.value, framework_id: framework_id.value, agent_id: agent_id.value };
      // The message says why a task ended: its exit status or signal.
      const why = isTerminal(state) || source === 'SOURCE_MASTER' ? { reason, message } : {};
      log.info('Task status', { ...ids, state, ...why });
    },
  };
}
