import { createLogger, type Logger } from '../log/logger.ts';

const linesKept = 200;

/** Makes a logger that keeps its latest lines. */
export function keepingLogger(): { readonly log: Logger; readonly lines: readonly string[] } {
  const lines: string[] = [];
  const write = (line: string) => {
    lines.push(line);
    if (lines.length > linesKept) lines.shift();
  };
  return { log: createLogger({ program: 'none', stderr: { write }, format: 'console' }, 'none'), lines };
}

/** Makes a logger that discards all lines. */
export function silentLogger(): Logger {
  return createLogger({ program: 'none', stderr: { write: () => {} }, format: 'console' }, 'none');
}
