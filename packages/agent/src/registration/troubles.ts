/** When the agent logs why it cannot register: at once, then at growing intervals. Pure. */

const minuteMs = 60_000;
/** After the first line, the second, and so on; the last one repeats. */
const intervalsMs = [1, 2, 5, 10].map(minutes => minutes * minuteMs);

/** What was logged since the agent was registered last. */
export interface Troubles {
  /** Distinct problems that were logged. */
  readonly logged: readonly string[];
  /** How many lines that were. */
  readonly lines: number;
  /** When a problem that was logged before is logged again. */
  readonly nextMs: number;
}

/** Nothing is wrong. */
export const noTroubles: Troubles = { logged: [], lines: 0, nextMs: 0 };

/** Most distinct problems that are logged at once; further ones wait for the next interval. */
const distinct = 5;

/** Tells whether a problem that was logged before would be logged now. */
export function isDue({ nextMs }: Troubles, nowMs: number): boolean {
  return nowMs >= nextMs;
}

/**
 * Takes a problem in: one that is new is logged at once, one that stays when its time has come.
 *
 * @returns the next state, and whether to log the problem.
 */
export function addTrouble(troubles: Troubles, problem: string, nowMs: number): readonly [Troubles, boolean] {
  const { logged, lines } = troubles;
  const isNew = !logged.includes(problem);
  if (!isDue(troubles, nowMs) && (!isNew || logged.length >= distinct)) return [troubles, false];
  const intervalMs = intervalsMs[Math.min(lines, intervalsMs.length - 1)] ?? minuteMs;
  const kept = isNew ? [...logged, problem].slice(-distinct) : logged;
  return [{ logged: kept, lines: lines + 1, nextMs: nowMs + intervalMs }, true];
}
