/**
 * The health of a task, as a pure state machine over the outcomes of its health check.
 *
 * @see Mesos src/checks/health_checker.cpp, success and failure
 */
import type { HealthCheck } from '@meseta/protocol';

export interface Health {
  /** When the grace period began. */
  readonly sinceMs: number;
  /** No check has passed yet: failures inside the grace period do not count. */
  readonly initializing: boolean;
  readonly consecutiveFailures: number;
}

/** What the framework hears. */
export interface HealthReport {
  readonly healthy: boolean;
  /** The task has failed too often in a row and is to be killed. */
  readonly kill: boolean;
  /** What was seen of a task that is not healthy. */
  readonly message?: string;
}

export const defaultGracePeriodSeconds = 10;
export const defaultConsecutiveFailures = 3;

/** The health of a task that starts now. */
export function newHealth(nowMs: number): Health {
  return { sinceMs: nowMs, initializing: true, consecutiveFailures: 0 };
}

/**
 * Takes in one outcome. Every counted failure is reported; a success only when it is the first, or ends failures.
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
