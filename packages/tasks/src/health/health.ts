/**
 * Computes the health of a task from the results of its health check, as a pure state machine.
 *
 * @see Mesos src/checks/health_checker.cpp, success and failure
 */
import type { HealthCheck } from '@meseta/protocol';
import type { CheckHistory } from './check-history.ts';

/** The state of a task's health check. */
export interface Health {
  /** The start of the grace period, of a clock that is never set. */
  readonly sinceMs: number;
  /** No check has passed yet; failures during the grace period do not count. */
  readonly initializing: boolean;
  readonly consecutiveFailures: number;
}

/** A change of health that is reported to the framework. */
export interface HealthReport {
  readonly healthy: boolean;
  /** The task failed too many checks in a row and is to be killed. */
  readonly kill: boolean;
  /** Why the check failed. */
  readonly message?: string;
}

/** The default of `HealthCheck.grace_period_seconds`. */
export const defaultGracePeriodSeconds = 10;
/** The default of `HealthCheck.consecutive_failures`: failures in a row until the task is killed. */
export const defaultConsecutiveFailures = 3;

/** Returns the health of a task that starts now. */
export function newHealth(nowMs: number): Health {
  return { sinceMs: nowMs, initializing: true, consecutiveFailures: 0 };
}

/** Returns the health of a task that an earlier agent checked. @param sinceMs as that of {@link newHealth}. */
export function recoverHealth({ wasHealthy, consecutiveFailures }: CheckHistory, sinceMs: number): Health {
  return { sinceMs, initializing: !wasHealthy, consecutiveFailures };
}

/**
 * Applies the result of one check. Every counted failure is reported; a success is reported only when it is the first
 * or follows a failure.
 */
export function nextHealth(
  health: Health,
  passed: boolean,
  { grace_period_seconds = defaultGracePeriodSeconds, consecutive_failures = defaultConsecutiveFailures }: HealthCheck,
  nowMs: number,
): [Health, HealthReport | undefined] {
  const { initializing, consecutiveFailures, sinceMs } = health;
  if (passed) {
    const news = initializing || consecutiveFailures > 0;
    const next = { ...health, initializing: false, consecutiveFailures: 0 };
    return [next, news ? { healthy: true, kill: false } : undefined];
  }
  const excused = initializing && grace_period_seconds > 0 && nowMs - sinceMs <= grace_period_seconds * 1000;
  if (excused) return [health, undefined];
  const failures = consecutiveFailures + 1;
  return [
    { ...health, consecutiveFailures: failures },
    { healthy: false, kill: failures >= consecutive_failures },
  ];
}
