/**
 * The events at which hooks of a task run, in this order. `BeforeTerminate` runs exactly once, also for a task that
 * never started; `AfterTaskHealthy` at the first passed health check, or at TASK_RUNNING when there is no health check.
 */
export type TaskEvent = 'BeforeTaskStart' | 'AfterTaskStart' | 'AfterTaskHealthy' | 'BeforeTerminate';
