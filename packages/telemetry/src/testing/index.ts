import { createLogger, type Logger } from '../log/logger.ts';

/** Makes a logger that discards all lines. */
export function silentLogger(): Logger {
  return createLogger({ program: 'none', stderr: { write: () => {} }, format: 'console' }, 'none');
}
