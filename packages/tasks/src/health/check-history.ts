import type { CheckStatusInfo, TaskStatus } from '@meseta/protocol';

/** What an earlier agent learned of a task by its health check and its check. */
export interface CheckHistory {
  /** When the checks were started, milliseconds since the epoch. */
  readonly sinceMs: number;
  /** The health that was reported last; undefined: none was. */
  readonly healthy?: boolean | undefined;
  /** A health check has passed at some time. */
  readonly wasHealthy: boolean;
  /** The failures that were counted since then. */
  readonly consecutiveFailures: number;
  /** The result of the check that was reported last; undefined: none was. */
  readonly checkStatus?: CheckStatusInfo | undefined;
}

/** Reads from the statuses of a task, oldest first, what its checks had found. @param sinceMs when TASK_RUNNING was sent. */
export function checkHistory(statuses: readonly TaskStatus[], sinceMs: number): CheckHistory {
  let history: CheckHistory = { sinceMs, wasHealthy: false, consecutiveFailures: 0 };
  for (const { state, reason, healthy, check_status } of statuses) {
    if (state !== 'TASK_RUNNING') continue;
    if (check_status) history = { ...history, checkStatus: check_status };
    if (reason !== 'REASON_TASK_HEALTH_CHECK_STATUS_UPDATED' || healthy === undefined) continue;
    const failures = healthy ? 0 : history.consecutiveFailures + 1;
    history = { ...history, healthy, wasHealthy: history.wasHealthy || healthy, consecutiveFailures: failures };
  }
  return history;
}
