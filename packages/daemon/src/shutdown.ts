/** The end of a daemon: by signal, by its own decision, or by a failure nobody expected. */
import type { Logger } from '@meseta/telemetry';

/** What ended a daemon. */
export type ShutdownReason = { readonly signal: NodeJS.Signals } | { readonly error: unknown };

/** How a daemon is ended. */
export interface Shutdown {
  /** Ends the daemon as the first signal would, with that exit code. */
  readonly end: (exitCode: number) => void;
}

/**
 * Runs `close` once, at the first SIGTERM, SIGINT or SIGHUP, then leaves: with 0 when it succeeds, else with 1. A second
 * signal, or `close` taking longer than `graceMs`, leaves at once with 1. An exception or rejection that nobody handled
 * is logged and ends the process with 1: what state it is in is unknown, and all that matters is on disk.
 *
 * @param close lets go of everything; lines it logs still arrive.
 */
export function handleShutdown(
  logger: Logger,
  close: (reason: ShutdownReason) => Promise<void>,
  graceMs = 10_000,
): Shutdown {
  let ending = false;
  const leave = async (exitCode: number) => {
    await Promise.race([logger.flush(), new Promise(resolve => setTimeout(resolve, 1000))]);
    process.exit(exitCode);
  };
  const end = async (reason: ShutdownReason, exitCode: number) => {
    if (ending) return void leave(1);
    ending = true;
    setTimeout(() => {
      logger.error('Shutting down takes too long, leaving', { grace_ms: graceMs });
      void leave(1);
    }, graceMs);
    try {
      await close(reason);
      await leave(exitCode);
    } catch (error) {
      logger.error('Failed to shut down', { error });
      await leave(1);
    }
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      logger.info('Received a signal, shutting down', { signal });
      void end({ signal }, 0);
    });
  }
  const crash = (kind: string) => (error: unknown) => {
    logger.fatal(kind, { error, stack: error instanceof Error ? error.stack : undefined });
    void end({ error }, 1);
  };
  process.on('uncaughtException', crash('Uncaught exception'));
  process.on('unhandledRejection', crash('Unhandled rejection'));
  return { end: exitCode => void end({ signal: 'SIGTERM' }, exitCode) };
}
