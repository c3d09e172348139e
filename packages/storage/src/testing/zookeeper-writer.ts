/** Writers of a store in ZooKeeper as processes of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Acknowledged } from './history.ts';

const program = new URL('./zookeeper-writer-process.ts', import.meta.url).pathname;

/** A writer that runs until it is killed, or fenced. */
export class ZooKeeperWriter {
  readonly name: string;
  readonly acknowledged: Acknowledged[] = [];
  /** `ended CODE: MESSAGE`, once it has said so. */
  lastWords: string | undefined;
  isOpen = false;
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;

  /** @param crash when it ends by itself: `before 3`, `after 3`. */
  constructor(address: string, name: string, crash = '') {
    this.name = name;
    this.#child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, address, name], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, CRASH: crash },
    });
    const lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream });
    lines.on('line', line => this.#onLine(line));
    this.#child.on('exit', code => {
      // It was killed, or says why it ends; anything else is a fault of its own.
      if (code) this.lastWords ??= `ended with code ${code}`;
    });
    this.#exit = Promise.all([once(this.#child, 'exit'), once(lines, 'close')]);
  }

  #onLine(line: string): void {
    const [word, lane = '', count] = line.split(' ');
    if (word === 'ack') this.acknowledged.push({ writer: this.name, lane, count: Number(count) });
    else if (word === 'open') this.isOpen = true;
    else this.lastWords = line;
  }

  /** Whether it has ended, by itself or killed. */
  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Resolves when it has ended and all it said was read. */
  async ended(): Promise<void> {
    await this.#exit;
  }

  /** Ends it, stopped or not. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exit;
  }

  /** Stops it: it does nothing, and its sessions end without its doing. */
  stop(): void {
    this.#child.kill('SIGSTOP');
  }

  /** Lets it go on after `stop`. */
  continue(): void {
    this.#child.kill('SIGCONT');
  }
}
