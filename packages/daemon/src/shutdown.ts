/** Ends a daemon: after a signal, by its own decision, or after an unexpected failure. */
import type { Logger } from '@meseta/telemetry';

/** What ended a daemon. */
export type ShutdownReason = { readonly signal: NodeJS.Signals } | { readonly error: unknown };

/** How a daemon is ended. */
export interface Shutdown {
  /** Ends the daemon as the first signal would, with that exit code. */
  readonly end: (exitCode: number) => void;
}

/**
 * Runs `close` once, at the first SIGTERM, SIGINT or SIGHUP, then exits: with 0 when it succeeds, else with 1. At a
 * second signal, or when `close` takes longer than `graceMs`, the process exits at once with 1. An unhandled exception
 * or rejection is logged and ends the process with 1, because its state is unknown, and all important state is on disk.
 *
 * @param close releases all resources; lines that it logs are written.
 * @param onHangup what SIGHUP does in place of ending the daemon.
 */
export function handleShutdown(
  logger: Logger,
  close: (reason: ShutdownReason) => Promise<void>,
  graceMs = 10_000,
  onHangup?: () => void,
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
  if (onHangup !== undefined) process.on('SIGHUP', onHangup);
  const signals: NodeJS.Signals[] = ['SIGTERM', 'SIGINT', ...(onHangup === undefined ? ['SIGHUP' as const] : [])];
  for (const signal of signals) {
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
