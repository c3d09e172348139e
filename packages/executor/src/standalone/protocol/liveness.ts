/**
 * Decides from heartbeats whether the agent is still there. The agent does not announce its interval, so the interval
 * is measured. Pure.
 */
export interface Liveness {
  readonly lastHeartbeatMs: number;
  readonly lastEventMs: number;
  /** The longest time between heartbeats (or from the subscription to the first); undefined before the first. */
  readonly intervalMs: number | undefined;
}

/** The number of heartbeats that may be missed. */
const missable = 4;

/** Starts at a subscription. @param intervalMs measured during an earlier subscription. */
export function newLiveness(nowMs: number, intervalMs?: number): Liveness {
  return { lastHeartbeatMs: nowMs, lastEventMs: nowMs, intervalMs };
}

/** Records an event. Only heartbeats change the measured interval. */
export function onEvent(liveness: Liveness, isHeartbeat: boolean, nowMs: number): Liveness {
  if (!isHeartbeat) return { ...liveness, lastEventMs: nowMs };
  const gapMs = nowMs - liveness.lastHeartbeatMs;
  return { lastHeartbeatMs: nowMs, lastEventMs: nowMs, intervalMs: Math.max(gapMs, liveness.intervalMs ?? 0) };
}

/**
 * Returns the time at which the agent is to be given up unless another event arrives; undefined while the interval is
 * unknown.
 */
export function deadlineMs({ intervalMs, lastEventMs }: Liveness): number | undefined {
  return intervalMs === undefined ? undefined : lastEventMs + missable * Math.max(intervalMs, 1000);
}
