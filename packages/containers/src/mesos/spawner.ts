import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { systemProblem } from '@meseta/process/system-problem';
import { LaunchError } from '../errors.ts';
import { frame } from './launch-request.ts';
import type { Units } from './usage.ts';

const program = fileURLToPath(new URL('./shim/spawner.pl', import.meta.url));

/**
 * The agent's helper process that forks containers' shims (see spawner.pl). It ends when its standard input does, and
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
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;

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
    const child = spawn('perl', [program, runtimeDirectory, ...(endsContainers ? ['ends'] : [])], {
      cwd: '/',
      // Symbols are looked up once, here, not again in every copy of it.
      env: { PATH: process.env.PATH, LC_ALL: 'C', LD_BIND_NOW: '1' },
      detached: true, // a session of its own: Ctrl-C on the agent's terminal is not for containers
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const failed = child.pid === undefined ? once(child, 'error') : undefined;
    child.stdin?.on('error', () => {}); // it was killed: `ended` says so
    child.stderr?.setEncoding('utf8').on('data', onWarning);
    child.stdout?.setEncoding('utf8');
    try {
      if (failed) throw (await failed)[0]; // without files left it has no pipes either
      const [hello] = await Promise.race([
        once(child.stdout, 'data'),
        once(child, 'exit').then(([code, signal]) => {
          throw new Error(`it ended with ${signal ?? `exit code ${code}`}`);
        }),
      ]);
      return new Spawner(child, String(hello));
    } catch (cause) {
      const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
      const why = missing
        ? 'perl is not installed (Debian package perl-base)'
        : systemProblem(cause as NodeJS.ErrnoException);
      throw new LaunchError('SPAWNER', `Cannot start the process that launches containers: ${why}`, { cause });
    }
  }

  private constructor(child: ChildProcessByStdio<Writable, Readable, Readable>, hello: string) {
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
