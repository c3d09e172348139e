import { once } from 'node:events';
import { answerOf, readProcess } from '@meseta/system';
import { LaunchError } from '../errors.ts';
import { type PerlHelper, startPerlHelper } from '../shim/perl-helper.ts';
import { shimProgram } from '../shim/program.ts';
import { frame } from '../shim/request.ts';
import type { Units } from './usage.ts';

/**
 * The agent's helper process, which forks the shims of containers (see shim.pl). It ends when its standard input ends,
 * and so do all launches that did not get their `go`.
 */
export class Spawner {
  readonly units: Units;
  /** False when the kernel refuses it: then descendants can only be found by their marker. */
  readonly subreaper: boolean;
  /** Resolves when the process has ended for any reason. */
  readonly ended: Promise<void>;
  #alive = true;
  #unsent: Buffer[] = [];
  readonly #child: PerlHelper;

  /**
   * Starts the helper process.
   *
   * @param options of shim.pl: `ends`, `linux`, `idle=…`.
   * @param onWarning receives what it writes to standard error.
   * @throws {LaunchError} `SPAWNER` when it does not start.
   */
  static async start(
    runtimeDirectory: string,
    options: readonly string[],
    onWarning: (message: string) => void,
  ): Promise<Spawner> {
    const { child, hello } = await startPerlHelper({
      purpose: 'launches containers',
      argv: [...shimProgram, 'spawner', runtimeDirectory, ...options],
      workingDirectory: '/',
      // The dynamic linker resolves all symbols here, once, and not in every forked copy.
      environment: { PATH: process.env.PATH, LC_ALL: 'C', LD_BIND_NOW: '1' },
      onWarning,
    }).catch((cause: Error) => {
      throw new LaunchError('SPAWNER', cause.message, { cause });
    });
    return new Spawner(child, hello);
  }

  private constructor(child: PerlHelper, hello: string) {
    const [, , ticks, pageBytes, subreaper] = hello.trim().split(' ');
    this.#child = child;
    this.units = { ticksPerSecond: Number(ticks), pageBytes: Number(pageBytes) };
    this.subreaper = subreaper === '1';
    this.ended = once(child, 'exit').then(() => {
      this.#alive = false;
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Sends a request. It is dropped without an error when the process has ended, see `ended`. */
  send(fields: readonly string[]): void {
    if (this.#unsent.length === 0) setImmediate(() => this.#flush()); // one write for all requests of this tick
    this.#unsent.push(frame(fields));
  }

  #flush(): void {
    const requests = this.#unsent;
    this.#unsent = [];
    if (this.#alive && requests.length > 0) this.#child.stdin.write(Buffer.concat(requests));
  }

  /** Stops the helper. Resolves when it has ended. Running containers are not affected. */
  async stop(): Promise<void> {
    this.#flush();
    this.#child.stdin.end();
    const process = readProcess(this.pid);
    await (process ? answerOf(process, this.ended) : this.ended);
  }
}
