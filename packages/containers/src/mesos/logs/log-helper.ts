import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { getSystemErrorMessage } from 'node:util';
import { answerOf, readProcess } from '@meseta/system';
import { type PerlHelper, startPerlHelper } from '../../shim/perl-helper.ts';
import { frame } from '../../shim/request.ts';

const program = fileURLToPath(new URL('./logger.pl', import.meta.url));

/** A logger could not be started; the message says what failed. */
export class LoggerStartError extends Error {
  override readonly name = 'LoggerStartError';
  readonly code = 'LOGGER_START';
}

/** The agent's process that forks the loggers of containers (see logger.pl). Loggers outlive it. */
export class LogHelper {
  readonly #child: PerlHelper;
  readonly #starting = new Map<string, PromiseWithResolvers<void>>();
  /** Resolves when the process has ended for any reason. */
  readonly ended: Promise<void>;

  /**
   * Starts the process.
   *
   * @param onLost is told of output that is dropped.
   * @throws {PerlHelperError}
   */
  static async start(
    onLost: (id: string, problem: string) => void,
    onWarning: (problem: string) => void,
  ): Promise<LogHelper> {
    const { child } = await startPerlHelper({
      purpose: 'starts loggers of containers',
      argv: [program],
      workingDirectory: '/',
      environment: { PATH: process.env.PATH, LC_ALL: 'C', LD_BIND_NOW: '1' },
      onWarning,
    });
    return new LogHelper(child, onLost);
  }

  private constructor(child: PerlHelper, onLost: (id: string, problem: string) => void) {
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', line => {
      const [, what, id = '', more = ''] = /^(ready|failed|lost) (\S+) ?(.*)$/.exec(line) ?? [];
      if (what === 'ready') this.#starting.get(id)?.resolve();
      else if (what === 'failed') this.#starting.get(id)?.reject(new LoggerStartError(problemOf(more)));
      else if (what === 'lost') onLost(id, more);
    });
    this.ended = once(child, 'exit').then(() => {
      for (const { reject } of this.#starting.values()) reject(new LoggerStartError('its process was killed'));
    });
  }

  /** Starts a logger. @param settings fields of a request, see logger.pl. @throws {LoggerStartError} */
  async launch(id: string, settings: readonly string[]): Promise<void> {
    const started = Promise.withResolvers<void>();
    this.#starting.set(id, started);
    try {
      this.#child.stdin.write(frame(['log', id, ...settings]));
      await started.promise;
    } finally {
      this.#starting.delete(id);
    }
  }

  /** Tells a logger that its container has its FIFOs, or never will. */
  release(id: string): void {
    this.#child.stdin.write(frame(['go', id]));
  }

  /** Ends the process. Loggers go on. */
  async stop(): Promise<void> {
    this.#child.stdin.end();
    const found = readProcess(this.#child.pid!);
    await (found ? answerOf(found, this.ended) : this.ended);
  }
}

function problemOf(text: string): string {
  const [step = '', errno = ''] = text.split(' ');
  return Number(errno) > 0 ? `${step}: ${getSystemErrorMessage(-Number(errno))}` : step;
}
