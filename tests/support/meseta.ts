/** Runs the command as a user would. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { eventually, freePort } from '@meseta/system/testing';

const entry = new URL('../../packages/cli/bin/meseta.mjs', import.meta.url).pathname;

/** The words a shell would run it by. */
export const command: readonly string[] = [process.execPath, '--disable-warning=ExperimentalWarning', entry];

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A `meseta` that runs. */
export class Meseta {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly finished: Promise<Finished>;

  constructor(argv: readonly string[], options: { env?: Record<string, string>; cwd?: string; input?: string } = {}) {
    this.child = spawn(process.execPath, [...command.slice(1), ...argv], {
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
      ...(options.cwd ? { cwd: options.cwd } : {}),
    });
    this.child.stdin?.end(options.input);
    this.child.stdout?.on('data', data => {
      this.stdout += data;
    });
    this.child.stderr?.on('data', data => {
      this.stderr += data;
    });
    this.finished = once(this.child, 'close').then(([code, signal]) => ({
      code,
      signal,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }

  /** Ends it the hard way, and waits for that: what it writes to may go afterwards. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.finished;
  }

  /** The first line of standard output. */
  async firstLine(): Promise<string> {
    const lines = createInterface({ input: this.child.stdout as NodeJS.ReadableStream });
    const [line] = await Promise.race([
      once(lines, 'line'),
      this.finished.then(({ stderr }) => Promise.reject(new Error(`meseta ended: ${stderr}`))),
    ]);
    return line;
  }

  /** Resolves when standard output or error matches. */
  async says(pattern: RegExp): Promise<void> {
    await eventually(`output like ${pattern}`, () => pattern.test(this.stdout) || pattern.test(this.stderr));
  }
}

/** Runs to the end. */
export function meseta(...argv: string[]): Promise<Finished> {
  return new Meseta(argv).finished;
}

/** A cluster by `meseta local`, in a process of its own. */
export interface LocalCluster {
  readonly process: Meseta;
  /** `ip:port`. */
  readonly master: string;
  readonly agents: readonly string[];
  stop(): Promise<Finished>;
}

const resources = '--resources=cpus:4;mem:4096;disk:4096;ports:[31000-31099]';

/** Starts one. Its master has a port that stays free while it is away. @param argv more options. */
export async function localCluster(...argv: string[]): Promise<LocalCluster> {
  const process = new Meseta(['local', '--json', `--port=${await freePort()}`, resources, ...argv]);
  const { master, agents } = JSON.parse(await process.firstLine()) as { master: string; agents: string[] };
  return {
    process,
    master: master.replace('http://', ''),
    agents,
    stop: () => {
      process.child.kill('SIGTERM');
      return process.finished;
    },
  };
}
