import { once } from 'node:events';
import { LaunchError } from '../errors.ts';
import { type PerlHelper, startPerlHelper } from '../shim/perl-helper.ts';
import { shimProgram } from '../shim/program.ts';
import { frame } from '../shim/request.ts';
import type { Units } from './usage.ts';

/**
 * The agent's helper process that forks containers' shims (see shim.pl). It ends when its standard input does, and
 * with it every launch that has not got its `go`.
 */
export class Spawner {
  readonly units: Units;
  /** False where the kernel refuses it: descendants are then found by their marker only. */
  readonly subreaper: boolean;
  /** Resolves when the process is gone, whatever the reason. */
  readonly ended: Promise<void>;
  #alive = true;
  #unsent: Buffer[] = [];
  readonly #child: PerlHelper;

  /**
   * @param endsContainers with its end, when there will be no other agent for them.
   * @param onWarning gets what it writes to standard error.
   * @throws {LaunchError} `SPAWNER` when it does not start.
   */
  static async start(
    runtimeDirectory: string,
    endsContainers: boolean,
    onWarning: (message: string) => void,
  ): Promise<Spawner> {
    const { child, hello } = await startPerlHelper({
      purpose: 'launches containers',
      argv: [...shimProgram, 'spawner', runtimeDirectory, ...(endsContainers ? ['ends'] : [])],
      workingDirectory: '/',
      // Symbols are looked up once, here, not again in every copy of it.
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

  /** Sends a request; lost without a word when the process is gone, see `ended`. */
  send(fields: readonly string[]): void {
    if (this.#unsent.length === 0) setImmediate(() => this.#flush()); // one write for all of this turn
    this.#unsent.push(frame(fields));
  }

  #flush(): void {
    const requests = this.#unsent;
    this.#unsent = [];
    if (this.#alive && requests.length > 0) this.#child.stdin.write(Buffer.concat(requests));
  }

  /** Resolves when it is gone. Containers whose process runs are not affected. */
  async stop(): Promise<void> {
    this.#flush();
    this.#child.stdin.end();
    await this.ended;
  }
}
