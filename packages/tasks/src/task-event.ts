/**
 * Moments of a task's life at which hooks run, in this order. `BeforeTerminate` runs exactly once, also for a task that
 * never started; `AfterTaskHealthy` at the first passed health check, or at TASK_RUNNING where there is none.
 */
export type TaskEvent = 'BeforeTaskStart' | 'AfterTaskStart' | 'AfterTaskHealthy' | 'BeforeTerminate';
