/** What the master's log tells of a task beside what frameworks ask for: each of its statuses, whoever made it. */

import { isTerminal } from '@meseta/protocol';
import type { Logger } from '@meseta/telemetry';
import type { ClusterObserver } from '../state/cluster.ts';

/** Logs each status of each task. Together with the lines of launch, kill and acknowledgement they are the task's story. */
export function logTasks(log: Logger): ClusterObserver {
  return {
    taskUpdated({ task_id, framework_id, agent_id }, { state, reason, message, source }) {
      const ids = { task_id: task_id.value, framework_id: framework_id.value, agent_id: agent_id.value };
      // Why a task ended is in the message: its exit status, its signal.
      const why = isTerminal(state) || source === 'SOURCE_MASTER' ? { reason, message } : {};
      log.info('Task status', { ...ids, state, ...why });
    },
  };
}
