import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { smallYoungGeneration } from '@meseta/system/young-generation';
import type { Answer, Common, Handlers } from './serve.ts';

type Settle = { resolve: (value: unknown) => void; reject: (error: Error) => void };
/** What a handler gives, after it came over. */
type Result<H> = H extends (...args: never[]) => infer R ? Promise<Awaited<R>> : never;
type Args<H> = H extends (...args: infer A) => unknown ? A : never;

/** Where `meseta` has it, which starts as fast. */
const compileCache = join(import.meta.dirname, '../../.meseta/compile-cache');

/** Options of Node.js for daemons and the environment below are those that `./meseta` sets. */
const daemons: Readonly<Record<string, readonly string[]>> = {
  'agent.ts': ['--max-semi-space-size=2', '--heap-growing-percent=30', '--no-parallel-scavenge'],
  'master.ts': smallYoungGeneration,
};

/** A process of a benchmark that answers questions: `new Child<typeof handlers>('master.ts', argv)`. */
export class Child<H extends Handlers> {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, Settle>();
  #last = 0;
  /** When it is ready to be asked. */
  readonly ready: Promise<unknown>;

  /**
   * @param file beside this one.
   * @param heap options of V8. Default: those of `./meseta`.
   */
  constructor(file: string, argv: readonly string[] = [], heap = daemons[file] ?? []) {
    const profile = process.env.MESETA_BENCH_PROFILE;
    const execArgv = ['--expose-gc', '--disable-warning=ExperimentalWarning'];
    if (profile === file) execArgv.push('--cpu-prof', `--cpu-prof-dir=${tmpdir()}/profile`);
    execArgv.push(...heap);
    const env = { NODE_COMPILE_CACHE: compileCache, MALLOC_ARENA_MAX: '2', ...process.env };
    this.#process = fork(join(import.meta.dirname, file), argv, { execArgv, env });
    this.ready = new Promise((resolve, reject) => this.#waiting.set(0, { resolve, reject }));
    this.#process.on('message', ({ id, value, error }: Answer) => {
      const settle = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) settle?.resolve(value);
      else settle?.reject(new Error(`${file}: ${error}`));
    });
    this.#process.on('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${file} ended with ${signal ?? code}`));
    });
    this.ready.catch(() => undefined); // whoever asks hears of it
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  async ask<N extends keyof (H & Common)>(
    name: N,
    ...args: Args<(H & Common)[N]>
  ): Promise<Awaited<Result<(H & Common)[N]>>> {
    await this.ready;
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Settle['resolve'], reject });
      this.#process.send({ id, name: name as string, args });
    }) as never;
  }

  /** Ends it in order, by closing the channel between us; `kill` ends it at once. */
  async end(how: 'disconnect' | 'kill' = 'disconnect'): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exit = once(this.#process, 'exit');
    if (how === 'kill') this.#process.kill('SIGKILL');
    else if (this.#process.connected) this.#process.disconnect();
    await exit;
  }
}

const directories: string[] = [];
process.on('exit', () => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/** Things to be undone, last first. */
export class Cleanups {
  readonly #cleanups: (() => unknown)[] = [];

  add(cleanup: () => unknown): void {
    this.#cleanups.push(cleanup);
  }

  /** A process that is ended. Arguments as of {@link Child}. */
  child<H extends Handlers>(...args: ConstructorParameters<typeof Child<H>>): Child<H> {
    const child = new Child<H>(...args);
    this.add(() => child.end());
    return child;
  }

  /**
   * A directory that is removed when all benchmarks are done, also when they are interrupted. Not before: where ext4 has
   * no journal, making a file takes the longer the more have been removed in the last minutes.
   */
  directory(parent = tmpdir()): string {
    const directory = mkdtempSync(join(parent, 'bench-'));
    directories.push(directory);
    return directory;
  }

  async run(): Promise<void> {
    for (const cleanup of this.#cleanups.splice(0).reverse()) await cleanup();
  }
}

/** Does work that starts processes and makes directories, and leaves nothing of them. */
export async function withCleanups<T>(work: (cleanups: Cleanups) => Promise<T>): Promise<T> {
  const cleanups = new Cleanups();
  try {
    return await work(cleanups);
  } finally {
    await cleanups.run();
  }
}
