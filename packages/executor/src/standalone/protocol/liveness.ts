/**
 * Whether the agent is still there, from its heartbeats alone: no interval is announced, so it is learnt. Pure.
 */
export interface Liveness {
  readonly lastHeartbeatMs: number;
  readonly lastEventMs: number;
  /** Longest gap between heartbeats (or from the subscription to the first); undefined before the first. */
  readonly intervalMs: number | undefined;
}

/** So many heartbeats may be missed. */
const missable = 4;

export function newLiveness(nowMs: number, intervalMs?: number): Liveness {
  return { lastHeartbeatMs: nowMs, lastEventMs: nowMs, intervalMs };
}

export function onEvent(liveness: Liveness, isHeartbeat: boolean, nowMs: number): Liveness {
  if (!isHeartbeat) return { ...liveness, lastEventMs: nowMs };
  const gapMs = nowMs - liveness.lastHeartbeatMs;
  return { lastHeartbeatMs: nowMs, lastEventMs: nowMs, intervalMs: Math.max(gapMs, liveness.intervalMs ?? 0) };
}

/** When the agent is to be given up unless something comes; undefined while nothing is known. */
export function deadlineMs({ intervalMs, lastEventMs }: Liveness): number | undefined {
  return intervalMs === undefined ? undefined : lastEventMs + missable * Math.max(intervalMs, 1000);
}
