/** Runs the health check and the check of one task periodically: performs the probes, and feeds `health.ts`. */
import type { CheckInfo, CheckStatusInfo, HealthCheck, TaskInfo } from '@meseta/protocol';
import type { Clock } from '@meseta/system';
import type { CheckHistory } from './check-history.ts';
import type { CheckPacer } from './check-pacer.ts';
import { emptyCheckStatus, sameCheckStatus } from './check-status.ts';
import { type HealthReport, newHealth, nextHealth, recoverHealth } from './health.ts';
import { type ProbeHost, probeCheck, probeHealth } from './probes/probes.ts';

const defaultDelaySeconds = 15;
const defaultIntervalSeconds = 10;
const defaultTimeoutSeconds = 20;

/** What the checks of a task need of its host. */
export interface TaskChecksHost extends ProbeHost {
  readonly clock: Clock;
  /** Starts the checks of several tasks; absent: each check starts when it is due. */
  readonly pacer?: CheckPacer;
  /** Receives changes of health, see `nextHealth`. */
  onHealth(report: HealthReport): void;
  /** Receives results that differ from the one before. */
  onCheck(status: CheckStatusInfo): void;
  /** Receives the reason when a check did not pass or could not be performed. */
  onProblem?(problem: string): void;
}

type Times = Pick<HealthCheck, 'delay_seconds' | 'interval_seconds' | 'timeout_seconds'>;

/**
 * Runs the checks of a task from `start`, when the task runs, to `stop`, when it ends or is being killed. Each check
 * starts after its delay; its interval runs from the end of one check to the start of the next. A timeout of 0 means
 * none.
 *
 * Checks of a task that an earlier agent checked go on as if they had not been interrupted: at any moment of their interval.
 *
 * @see Mesos src/checks/checker.cpp, checker_process.cpp
 */
export class TaskChecks {
  readonly #host: TaskChecksHost;
  readonly #healthCheck: HealthCheck | undefined;
  readonly #check: CheckInfo | undefined;
  readonly #cancels = new Map<'health' | 'check', () => void>();
  readonly #running = new Set<AbortController>();
  #stopped = false;

  constructor({ health_check, check }: Pick<TaskInfo, 'health_check' | 'check'>, host: TaskChecksHost) {
    this.#host = host;
    this.#healthCheck = health_check;
    this.#check = check;
  }

  /** @param history of a task that an earlier agent checked. */
  start(history?: CheckHistory): void {
    if (this.#healthCheck) this.#watchHealth(this.#healthCheck, history);
    if (this.#check) this.#watchCheck(this.#check, history);
  }

  /** Aborts running checks. Nothing is reported afterwards. Idempotent. */
  stop(): void {
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
    this.#stopped = true;
    for (const running of this.#running) running.abort();
  }

  #watchHealth(check: HealthCheck, history: CheckHistory | undefined): void {
    const { clock } = this.#host;
    let health = history ? recoverHealth(history, clock.steady() - msSince(history, clock)) : newHealth(clock.steady());
    this.#repeat('health', check, history, async signal => {
      const problem = await probeHealth(check, this.#host, signal).then(() => undefined, reason);
      return () => {
        const message = problem === undefined ? undefined : `Health check failed: ${problem}`;
        if (message !== undefined) this.#host.onProblem?.(message);
        const [next, report] = nextHealth(health, problem === undefined, check, clock.steady());
        health = next;
        if (report) this.#host.onHealth({ ...report, ...(message !== undefined && { message }) });
      };
    });
  }

  #watchCheck(check: CheckInfo, history: CheckHistory | undefined): void {
    let last = history?.checkStatus ?? emptyCheckStatus(check);
    this.#repeat('check', check, history, async signal => {
      const result = await probeCheck(check, this.#host, signal).catch((error: unknown) => reason(error));
      return () => {
        if (typeof result === 'string') this.#host.onProblem?.(`Check failed: ${result}`);
        const status = typeof result === 'string' ? emptyCheckStatus(check) : result;
        if (sameCheckStatus(status, last)) return;
        last = status;
        this.#host.onCheck(status);
      };
    });
  }

  /** @param probe resolves to a function that handles the result; it is called unless the checks were stopped. */
  #repeat(
    name: 'health' | 'check',
    times: Times,
    history: CheckHistory | undefined,
    probe: (signal: AbortSignal) => Promise<() => void>,
  ): void {
    const { clock, pacer, onProblem } = this.#host;
    const { interval_seconds: interval = defaultIntervalSeconds } = times;
    const once = async () => {
      const act = await this.#inTime(times, probe);
      if (this.#stopped) return;
      act();
      schedule(interval);
    };
    const begin = () => {
      if (!this.#stopped) once().catch(error => onProblem?.(reason(error)));
    };
    const schedule = (seconds: number) => {
      if (this.#stopped) return;
      this.#cancels.set(
        name,
        clock.after(seconds * 1000, () => (pacer ? pacer.start(begin) : begin())),
      );
    };
    schedule(firstDelay(times, history, clock));
  }

  /** Aborts a probe when its time is over, or when the checks are stopped. */
  async #inTime<T>(
    { timeout_seconds: timeout = defaultTimeoutSeconds }: Times,
    probe: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const running = new AbortController();
    const expire = () => running.abort(new Error(`timed out after ${timeout} s`));
    const cancelTimeout = timeout > 0 ? this.#host.clock.after(timeout * 1000, expire) : () => undefined;
    this.#running.add(running);
    try {
      return await probe(running.signal);
    } finally {
      cancelTimeout();
      this.#running.delete(running);
    }
  }
}

/** Returns the seconds until the first check. */
function firstDelay(
  { delay_seconds: delay = defaultDelaySeconds, interval_seconds: interval = defaultIntervalSeconds }: Times,
  history: CheckHistory | undefined,
  clock: Clock,
): number {
  if (!history) return delay;
  const left = delay - msSince(history, clock) / 1000;
  return left > 0 ? left : clock.random() * interval; // those of all tasks must not begin at once
}

/** How long ago the checks were started. A clock that was set back meanwhile must not lengthen their delay and their grace period. */
function msSince({ sinceMs }: CheckHistory, clock: Clock): number {
  return Math.max(0, clock.now() - sinceMs);
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.name === 'AbortError' && error.cause instanceof Error ? error.cause : error;
  return cause.message || ((cause as NodeJS.ErrnoException).code ?? cause.name);
}
