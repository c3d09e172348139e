import type { ExitStatus } from '@meseta/containers/shim';
import { readLines } from './read-lines.ts';
import { type ProcessSpec, TaskProcess } from './task-process.ts';

/** How long, in milliseconds, to wait for a command's output after it and its descendants have ended. */
const outputMs = 1000;

/** Input, output and end of a command. */
export interface CommandRun {
  /** Written to its standard input, which is then closed. */
  readonly input?: string;
  readonly onLine?: (stream: 'stdout' | 'stderr', line: string) => void;
  /** When it is aborted, the command is killed with its descendants; the promise rejects when they are gone. */
  readonly signal: AbortSignal;
}

/**
 * Runs a command to its end, and then kills the processes that it left running.
 *
 * @throws {StartError} when it cannot be started, and the signal's reason when it is aborted.
 */
export async function runCommand(spec: Omit<ProcessSpec, 'input'>, run: CommandRun): Promise<ExitStatus> {
  const { signal } = run;
  signal.throwIfAborted();
  const started = await TaskProcess.start({ ...spec, ...(run.input !== undefined && { input: 'pipe' as const }) });
  started.stdin?.on('error', () => undefined).end(run.input);
  const output = Promise.all([
    readLines(started.stdout, line => run.onLine?.('stdout', line)),
    readLines(started.stderr, line => run.onLine?.('stderr', line)),
  ]);
  const aborted = Promise.withResolvers<'aborted'>();
  const abort = () => aborted.resolve('aborted');
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  try {
    const exit = await Promise.race([started.exited, aborted.promise]);
    await started.destroy();
    await Promise.race([output, new Promise(resolve => setTimeout(resolve, outputMs).unref())]);
    if (exit === 'aborted') throw signal.reason;
    return exit;
  } finally {
    signal.removeEventListener('abort', abort);
    started.stdout?.destroy();
    started.stderr?.destroy();
  }
}
