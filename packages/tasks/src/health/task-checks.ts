/** Runs the health check and the check of one task periodically: performs the probes, and feeds `health.ts`. */
import type { CheckInfo, CheckStatusInfo, HealthCheck, TaskInfo } from '@meseta/protocol';
import type { Clock } from '@meseta/system';
import { emptyCheckStatus, sameCheckStatus } from './check-status.ts';
import { type HealthReport, newHealth, nextHealth } from './health.ts';
import { type ProbeHost, probeCheck, probeHealth } from './probes/probes.ts';

const defaultDelaySeconds = 15;
const defaultIntervalSeconds = 10;
const defaultTimeoutSeconds = 20;

/** What the checks of a task need of its host. */
export interface TaskChecksHost extends ProbeHost {
  readonly clock: Clock;
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
 * @see Mesos src/checks/checker.cpp, checker_process.cpp
 */
export class TaskChecks {
  readonly #host: TaskChecksHost;
  readonly #healthCheck: HealthCheck | undefined;
  readonly #check: CheckInfo | undefined;
  readonly #stopped = new AbortController();
  readonly #cancels = new Map<'health' | 'check', () => void>();

  constructor({ health_check, check }: Pick<TaskInfo, 'health_check' | 'check'>, host: TaskChecksHost) {
    this.#host = host;
    this.#healthCheck = health_check;
    this.#check = check;
  }

  start(): void {
    if (this.#healthCheck) this.#watchHealth(this.#healthCheck);
    if (this.#check) this.#watchCheck(this.#check);
  }

  /** Aborts running checks. Nothing is reported afterwards. Idempotent. */
  stop(): void {
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
    this.#stopped.abort();
  }

  #watchHealth(check: HealthCheck): void {
    const { clock } = this.#host;
    let health = newHealth(clock.now());
    this.#repeat('health', check, async signal => {
      const problem = await probeHealth(check, this.#host, signal).then(() => undefined, reason);
      return () => {
        const message = problem === undefined ? undefined : `Health check failed: ${problem}`;
        if (message !== undefined) this.#host.onProblem?.(message);
        const [next, report] = nextHealth(health, problem === undefined, check, clock.now());
        health = next;
        if (report) this.#host.onHealth({ ...report, ...(message !== undefined && { message }) });
      };
    });
  }

  #watchCheck(check: CheckInfo): void {
    let last = emptyCheckStatus(check);
    this.#repeat('check', check, async signal => {
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
  #repeat(name: 'health' | 'check', times: Times, probe: (signal: AbortSignal) => Promise<() => void>): void {
    const {
      delay_seconds: delay = defaultDelaySeconds,
      interval_seconds: interval = defaultIntervalSeconds,
      timeout_seconds: timeout = defaultTimeoutSeconds,
    } = times;
    const { clock } = this.#host;
    const stopped = this.#stopped.signal;
    const once = async () => {
      const expired = new AbortController();
      const expire = () => expired.abort(new Error(`timed out after ${timeout} s`));
      const cancelTimeout = timeout > 0 ? clock.after(timeout * 1000, expire) : () => undefined;
      const act = await probe(AbortSignal.any([stopped, expired.signal]));
      cancelTimeout();
      if (stopped.aborted) return;
      act();
      schedule(interval);
    };
    const schedule = (seconds: number) => {
      if (stopped.aborted) return;
      this.#cancels.set(
        name,
        clock.after(seconds * 1000, () => void once().catch(error => this.#host.onProblem?.(reason(error)))),
      );
    };
    schedule(delay);
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.name === 'AbortError' && error.cause instanceof Error ? error.cause : error;
  return cause.message || ((cause as NodeJS.ErrnoException).code ?? cause.name);
}
